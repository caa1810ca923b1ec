package io.plasmabackup.manual;

import java.io.IOException;

/** The page about {@code /etc/plasma-agent.conf}. */
final class ConfigurationPage {

  static final String TITLE = "plasma-agent.conf";

  private final Texts texts;
  private final Roff page;

  ConfigurationPage(Texts texts, Roff page) {
    this.texts = texts;
    this.page = page;
  }

  String write() throws IOException {
    page.heading("Name")
        .paragraph(
            Inline.plain(TITLE)
                .then(new Inline(" \\- "))
                .then(Inline.plain("what plasma-agent backs up, and to where")));
    Prose.write(texts.about(TITLE), page, true);
    KeyTable keyTable = texts.keys();
    page.heading("Keys");
    for (KeyTable.Entry entry : keyTable.entries()) {
      Inline keys =
          entry.keys().stream()
              .map(Inline::bold)
              .reduce((first, second) -> first.then(new Inline(", ")).then(second))
              .orElseThrow();
      page.tagged(
          entry.necessity().isEmpty()
              ? keys
              : keys.then(new Inline(" ("))
                  .then(Inline.markdown(entry.necessity()))
                  .then(new Inline(")")),
          Inline.markdown(entry.meaning() + "."));
    }
    page.heading("Notes");
    Prose.write(keyTable.notes(), page, false);
    page.heading("Example").example(texts.exampleConfiguration());
    page.heading("See also").paragraph(Inline.plain("plasma-agent(8)"));
    return page.toString();
  }
}
