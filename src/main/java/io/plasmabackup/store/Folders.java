package io.plasmabackup.store;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Local folders. */
public final class Folders {

  private Folders() {}

  /** Makes durable which files there are: what was made, renamed or deleted before this. */
  public static void sync(Path folder) throws IOException {
    try (FileChannel open = FileChannel.open(folder, StandardOpenOption.READ)) {
      open.force(true);
    }
  }
}
