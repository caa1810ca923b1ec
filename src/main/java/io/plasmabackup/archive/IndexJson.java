package io.plasmabackup.archive;

import io.plasmabackup.linux.FileStatus.Timestamp;
import io.plasmabackup.linux.RawPath;
import java.io.OutputStream;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.StreamWriteFeature;
import tools.jackson.core.json.JsonFactory;

/** How an index's lines are written. */
final class IndexJson {

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .rootValueSeparator("")
          .disable(StreamWriteFeature.AUTO_CLOSE_TARGET)
          .build();

  private IndexJson() {}

  /** Writes to {@code out}, which stays open when it is closed. */
  static JsonGenerator generator(OutputStream out) {
    return FACTORY.createGenerator(ObjectWriteContext.empty(), out);
  }

  /** An object in a line of its own. */
  static void line(JsonGenerator json, Runnable properties) {
    json.writeStartObject();
    properties.run();
    json.writeEndObject();
    json.writeRaw('\n');
  }

  /** As text where the bytes are UTF-8; else in base64, under a key that says so. */
  static void name(JsonGenerator json, String key, RawPath name) {
    byte[] bytes = name.toBytes();
    if (name.isUtf8()) {
      json.writeName(key);
      json.writeUTF8String(bytes, 0, bytes.length);
    } else {
      json.writeBinaryProperty(key + "Base64", bytes);
    }
  }

  /** Seconds under the key, and nanoseconds, if any, under the key with {@code Nanos} appended. */
  static void time(JsonGenerator json, String key, Timestamp time) {
    json.writeNumberProperty(key, time.seconds());
    if (time.nanos() != 0) {
      json.writeNumberProperty(key + "Nanos", time.nanos());
    }
  }

  /** Four octal digits. */
  static String octal(int permissions) {
    return Integer.toOctalString(010000 + permissions).substring(1);
  }
}
