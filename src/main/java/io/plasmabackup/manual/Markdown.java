package io.plasmabackup.manual;

import io.plasmabackup.manual.Block.Code;
import io.plasmabackup.manual.Block.Heading;
import io.plasmabackup.manual.Block.Item;
import io.plasmabackup.manual.Block.Paragraph;
import io.plasmabackup.manual.Block.Row;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads as much of Markdown as this repository's texts use: headings with {@code #}, paragraphs,
 * lists with {@code -}, tables, and code between fences. Comments are left out.
 */
final class Markdown {

  private static final String FENCE = "```";
  private static final Pattern BAR = Pattern.compile("(?<!\\\\)\\|");
  private static final Pattern HEAD_LINE = Pattern.compile("\\|(?: *:?-+:? *\\|)+");
  private static final Pattern COMMENT = Pattern.compile("<!--.*?-->", Pattern.DOTALL);

  private final List<Block> blocks = new ArrayList<>();
  private @Nullable StringBuilder text;
  private boolean item;
  private @Nullable List<String> head;

  private Markdown() {}

  static List<Block> blocks(String markdown) {
    Markdown reader = new Markdown();
    List<String> lines = COMMENT.matcher(markdown).replaceAll("").lines().toList();
    for (int i = 0; i < lines.size(); i++) {
      if (lines.get(i).startsWith(FENCE)) {
        int end = i + 1;
        while (!lines.get(end).equals(FENCE)) {
          end++;
        }
        reader.endText();
        reader.blocks.add(new Code(String.join("\n", lines.subList(i + 1, end))));
        i = end;
      } else {
        reader.line(lines.get(i));
      }
    }
    reader.endText();
    return reader.blocks;
  }

  private void line(String line) {
    boolean row = line.startsWith("|");
    if (!row) {
      head = null;
    }
    if (line.isBlank()) {
      endText();
    } else if (line.startsWith("#")) {
      endText();
      int level = line.indexOf(' ');
      blocks.add(new Heading(level, line.substring(level + 1)));
    } else if (row) {
      endText();
      row(line);
    } else if (line.startsWith("- ")) {
      endText();
      item = true;
      text = new StringBuilder(line.substring(2));
    } else if (text == null) {
      text = new StringBuilder(line);
    } else {
      text.append(' ').append(line.strip());
    }
  }

  private void row(String line) {
    if (HEAD_LINE.matcher(line).matches()) {
      return;
    }
    List<String> cells =
        Arrays.stream(BAR.split(line, -1)).map(String::strip).toList().subList(1, cellsEnd(line));
    if (head == null) {
      head = cells;
    } else if (cells.size() != head.size()) {
      throw new IllegalArgumentException("not as many cells as the table's head has: " + line);
    } else {
      blocks.add(new Row(head, cells));
    }
  }

  private static int cellsEnd(String line) {
    int parts = BAR.split(line, -1).length;
    if (parts < 3) {
      throw new IllegalArgumentException("a row that doesn't end with |: " + line);
    }
    return parts - 1;
  }

  private void endText() {
    if (text != null) {
      blocks.add(item ? new Item(text.toString()) : new Paragraph(text.toString()));
    }
    text = null;
    item = false;
  }
}
