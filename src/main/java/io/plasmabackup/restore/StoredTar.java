package io.plasmabackup.restore;

import com.github.luben.zstd.ZstdInputStream;
import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.linux.Fd;
import io.plasmabackup.restore.IndexLookup.Found;
import io.plasmabackup.store.StoredBytes;
import io.plasmabackup.tar.TarMember;
import io.plasmabackup.tar.TarReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;

/** The tar that an archive is, or has compressed in it. */
final class StoredTar {

  private final StoredBytes archive;
  private final String shown;
  private final boolean compressed;

  /**
   * The tar in a stored file.
   *
   * @param archive stays the caller's
   * @param shown where it is, for messages
   */
  StoredTar(StoredBytes archive, String shown, boolean compressed) {
    this.archive = archive;
    this.shown = shown;
    this.compressed = compressed;
  }

  /** Bytes that are stored of it. */
  long stored() {
    return archive.size();
  }

  /** All of it. */
  TarReader all() throws IOException {
    InputStream stored = archive.stream(0);
    return new TarReader(compressed ? new ZstdInputStream(stored) : stored);
  }

  /**
   * The file that it is in, its positions being those of {@link TarReader#position}: where it is on
   * this machine, and not compressed.
   */
  Optional<Fd> file() throws Failure {
    return compressed ? Optional.empty() : archive.file();
  }

  /** From a member on, of which no more is read than is taken. */
  TarReader from(Found found) throws IOException {
    long at = found.member().at();
    if (!compressed) {
      long start = found.segment().offset() + at;
      return new TarReader(new SparingStream(archive, start), start);
    }
    InputStream tar = new ZstdInputStream(new SparingStream(archive, found.segment().frame()));
    tar.skipNBytes(found.segment().skip() + at);
    return new TarReader(tar, at);
  }

  /**
   * A member, of which the reader then has the data.
   *
   * @throws Failure if it isn't where the index says
   */
  TarMember member(TarReader reader, Found found) throws IOException, Failure {
    TarMember member = reader.next();
    if (member == null || !names(member, found)) {
      throw damaged(
          "what its index says is at byte "
              + found.member().at()
              + " of segment "
              + found.segment().number()
              + " is not there: "
              + found.member().name());
    }
    return member;
  }

  private static boolean names(TarMember member, Found found) {
    return MemberNames.normalized(member.name()).equals(found.member().name());
  }

  /** What an exception while reading the tar means. */
  Failure failure(IOException e) {
    return Failure.behind(e)
        .orElseGet(() ->
            damaged(
                e instanceof EOFException && e.getMessage() == null
                    ? "it ends too early"
                    : e.getMessage() == null ? e.toString() : e.getMessage()));
  }

  /** The archive is not as it should be. */
  Failure damaged(String why) {
    return new Failure(
        ExitCode.DAMAGED, shown + " is damaged: " + why + "; take another archive if there is one");
  }
}
