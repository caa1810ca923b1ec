package io.plasmabackup.cli;

import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import tools.jackson.core.JsonGenerator;

/** How a line of the log is written, for whom. */
enum LogFormat {
  /** For people. */
  TEXT {
    @Override
    String line(Level level, String command, String message) {
      return switch (level) {
        case INFO -> message;
        case WARNING -> command + ": warning: " + message;
        case ERROR -> command + ": " + message;
      };
    }
  },

  /** A document for each line. */
  JSON {
    @Override
    String line(Level level, String command, String message) {
      StringWriter text = new StringWriter();
      try (JsonGenerator json = AsciiJson.to(text)) {
        json.writeStartObject();
        json.writeStringProperty("time", Instant.now().truncatedTo(ChronoUnit.MILLIS).toString());
        json.writeStringProperty("level", level.name().toLowerCase(Locale.ROOT));
        json.writeStringProperty("command", command);
        json.writeStringProperty("message", message);
        json.writeEndObject();
      }
      return text.toString();
    }
  },

  /** For systemd's journal, which knows who writes, and takes priorities: sd-daemon(3). */
  JOURNAL {
    @Override
    String line(Level level, String command, String message) {
      return "<" + level.priority + ">" + (level == Level.WARNING ? "warning: " : "") + message;
    }
  };

  /** How much a line matters. */
  enum Level {
    INFO(6),
    WARNING(4),
    ERROR(3);

    /** syslog(3)'s. */
    private final int priority;

    Level(int priority) {
      this.priority = priority;
    }
  }

  /** Without an end of line; {@code message} has none either. */
  abstract String line(Level level, String command, String message);

  /** This one; or, where text for people would go there, the journal's. */
  LogFormat at(int descriptor) {
    return this == TEXT && isJournal(descriptor) ? JOURNAL : this;
  }

  /** systemd.exec(5): the variable has device and inode of what the journal listens to. */
  private static boolean isJournal(int descriptor) {
    String stream = System.getenv("JOURNAL_STREAM");
    if (stream == null) {
      return false;
    }
    Path file = Path.of("/proc/self/fd", Integer.toString(descriptor));
    try {
      return stream.equals(
          Files.getAttribute(file, "unix:dev") + ":" + Files.getAttribute(file, "unix:ino"));
    } catch (IOException closed) {
      return false;
    }
  }
}
