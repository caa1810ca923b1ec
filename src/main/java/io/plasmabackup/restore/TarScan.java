package io.plasmabackup.restore;

import io.plasmabackup.Failure;
import io.plasmabackup.archive.IndexLine.Segment;
import io.plasmabackup.restore.IndexLookup.Found;
import io.plasmabackup.tar.TarMember;
import io.plasmabackup.tar.TarReader;
import java.io.IOException;
import java.util.Optional;

/** Finds members without an index: reads all of the archive for each question. */
final class TarScan implements Members {

  /** All of an archive, be it of any length. */
  private static final Segment WHOLE =
      new Segment(
          0,
          Optional.empty(),
          0,
          Long.MAX_VALUE,
          Long.MAX_VALUE,
          Optional.empty(),
          Optional.empty(),
          0,
          0);

  private final StoredTar tar;

  TarScan(StoredTar tar) {
    this.tar = tar;
  }

  @Override
  public void visit(Visitor visitor) throws Failure {
    try {
      TarReader reader = tar.all();
      for (TarMember member = reader.next(); member != null; member = reader.next()) {
        if (!visitor.visit(new Found(WHOLE, MemberLines.of(member, reader.position())))) {
          return;
        }
      }
      reader.readEnd();
    } catch (IOException e) {
      throw tar.failure(e);
    }
  }
}
