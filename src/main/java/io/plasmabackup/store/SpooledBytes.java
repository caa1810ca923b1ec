package io.plasmabackup.store;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/** A stored file's bytes on this machine, to be read more than once. */
public final class SpooledBytes {

  private SpooledBytes() {}

  /**
   * The same bytes; copied into a file without a name unless they are on this machine already.
   *
   * @param folder in which the file is, of which nothing is seen
   * @param bytes taken over: closed here, or by whoever closes what is returned
   */
  public static StoredBytes of(StoredBytes bytes, Path folder) throws Failure {
    if (bytes instanceof LocalBytes) {
      return bytes;
    }
    FileChannel channel = null;
    try (bytes) {
      // Nobody else can read it, and it loses its name when it is opened.
      Path path = Files.createTempFile(folder, null, null);
      channel =
          FileChannel.open(
              path,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE,
              StandardOpenOption.DELETE_ON_CLOSE);
      try (InputStream stored = bytes.stream(0)) {
        stored.transferTo(Channels.newOutputStream(channel));
      }
      LocalBytes spooled = new LocalBytes(channel, path);
      channel = null;
      return spooled;
    } catch (IOException e) {
      throw Failure.behind(e)
          .orElseGet(() ->
              new Failure(
                  ExitCode.REFUSED,
                  "cannot keep an index in " + folder + " for a while: " + e.getMessage(),
                  e));
    } finally {
      close(channel);
    }
  }

  private static void close(@Nullable FileChannel channel) throws Failure {
    if (channel == null) {
      return;
    }
    try {
      channel.close();
    } catch (IOException e) {
      throw new Failure(ExitCode.REFUSED, "cannot close a file: " + e.getMessage(), e);
    }
  }
}
