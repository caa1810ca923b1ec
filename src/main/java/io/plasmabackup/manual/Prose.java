package io.plasmabackup.manual;

import io.plasmabackup.manual.Block.Code;
import io.plasmabackup.manual.Block.Heading;
import io.plasmabackup.manual.Block.Item;
import io.plasmabackup.manual.Block.Paragraph;
import io.plasmabackup.manual.Block.Row;
import java.util.List;
import java.util.stream.Collectors;

/** A text in Markdown as a part of a page. */
final class Prose {

  private Prose() {}

  /**
   * @param sections whether its headings are the page's sections, or within one
   */
  static void write(List<Block> blocks, Roff page, boolean sections) {
    for (Block block : blocks) {
      switch (block) {
        case Heading heading when sections && heading.level() == 2 -> page.heading(heading.text());
        case Heading heading when sections -> page.subheading(heading.text());
        case Heading heading -> page.paragraph(Inline.bold(heading.text()));
        case Paragraph paragraph -> page.paragraph(Inline.markdown(paragraph.text()));
        case Item item -> page.item(Inline.markdown(item.text()));
        case Row row -> page.tagged(Inline.markdown(row.cells().getFirst()), rest(row.cells()));
        case Code code -> page.example(code.lines());
      }
    }
  }

  private static Inline rest(List<String> cells) {
    return Inline.markdown(
        cells.stream().skip(1).filter(cell -> !cell.isEmpty()).collect(Collectors.joining("; ")));
  }
}
