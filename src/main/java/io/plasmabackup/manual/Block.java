package io.plasmabackup.manual;

import java.util.List;

/** A part of a text in Markdown, as {@link Markdown} reads it. */
sealed interface Block {

  /**
   * The title of a part of the text.
   *
   * @param level 1 is that of the whole text
   */
  record Heading(int level, String text) implements Block {}

  record Paragraph(String text) implements Block {}

  record Item(String text) implements Block {}

  /**
   * Of a table; its head isn't one.
   *
   * @param head the table's
   * @param cells as many as the head has
   */
  record Row(List<String> head, List<String> cells) implements Block {}

  record Code(String lines) implements Block {}
}
