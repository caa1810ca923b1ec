package io.plasmabackup.cli;

import java.io.OutputStream;
import java.io.Writer;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.StreamWriteFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.json.JsonWriteFeature;

/** JSON for machines: one line of ASCII, whatever the encoding of the terminal. */
final class AsciiJson {

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .enable(JsonWriteFeature.ESCAPE_NON_ASCII)
          .disable(StreamWriteFeature.AUTO_CLOSE_TARGET)
          .build();

  private AsciiJson() {}

  /** Writes to a stream that stays the caller's. */
  static JsonGenerator to(OutputStream out) {
    return FACTORY.createGenerator(ObjectWriteContext.empty(), out);
  }

  /** Writes to a text that stays the caller's. */
  static JsonGenerator to(Writer text) {
    return FACTORY.createGenerator(ObjectWriteContext.empty(), text);
  }
}
