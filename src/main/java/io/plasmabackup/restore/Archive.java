package io.plasmabackup.restore;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.archive.IndexLine.Member;
import io.plasmabackup.extract.Extractor;
import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.restore.IndexLookup.Found;
import io.plasmabackup.store.ArchiveName;
import io.plasmabackup.store.Store;
import io.plasmabackup.store.StoredBytes;
import io.plasmabackup.tar.TarMember;
import io.plasmabackup.tar.TarReader;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An archive in a store, of which one asks what is in it. Owns what it has opened there, but not
 * the store. Used by one thread.
 */
public final class Archive implements AutoCloseable {

  private static final int BUFFER_BYTES = 256 * 1024;

  private final Store store;
  private final String name;
  private final List<StoredBytes> opened = new ArrayList<>();

  /** Of what is read from front to back. */
  private final StoredTar tar;

  private @Nullable IndexLookup lookup;

  /** For what is looked up while something is read from front to back. */
  private @Nullable StoredTar aside;

  private Archive(Store store, String name) throws Failure {
    this.store = store;
    this.name = name;
    this.tar = openTar();
  }

  /**
   * Opens an archive.
   *
   * @param wanted its file's name; {@code latest}; or how just one archive's name begins
   * @throws Failure if there is none, or more than one; and those of the store
   */
  public static Archive open(Store store, String wanted) throws Failure {
    return new Archive(store, ArchiveChoice.of(store, wanted));
  }

  private StoredTar openTar() throws Failure {
    StoredBytes bytes =
        store
            .open(name)
            .orElseThrow(
                () -> new Failure(ExitCode.NOT_FOUND, location(name) + " has just been deleted"));
    opened.add(bytes);
    return new StoredTar(bytes, location(name), name.endsWith(ArchiveName.Suffix.TAR_ZST.text()));
  }

  private String location(String file) {
    return store.location() + "/" + file;
  }

  /** The archive's file name. */
  public String name() {
    return name;
  }

  private IndexLookup lookup() throws Failure {
    if (lookup == null) {
      String indexName = name + ArchiveName.INDEX_SUFFIX;
      StoredBytes bytes =
          store
              .open(indexName)
              .orElseThrow(() ->
                  new Failure(
                      ExitCode.DAMAGED, location(name) + " has no index to look members up in"));
      opened.add(bytes);
      lookup = new IndexLookup(StoredIndex.of(bytes, location(indexName)));
    }
    return lookup;
  }

  // Members

  /**
   * A member.
   *
   * @param path its name; a slash at either end makes no difference
   * @throws Failure if the archive has none of that name
   */
  public Member member(RawPath path) throws Failure {
    return found(path).member();
  }

  /** Likewise; empty if the archive has none of that name. */
  public Optional<Member> find(RawPath path) throws Failure {
    return lookup().find(MemberNames.normalized(path)).map(Found::member);
  }

  private Found found(RawPath path) throws Failure {
    return lookup()
        .find(MemberNames.normalized(path))
        .orElseThrow(
            () -> new Failure(ExitCode.NOT_FOUND, "there is no " + path + " in " + location(name)));
  }

  /**
   * What is directly in a directory, in the archive's order. Of one that is no member, but has
   * folders of the archive in it, those folders.
   *
   * @throws Failure if the archive has no such directory
   */
  public List<Member> children(RawPath directory) throws Failure {
    RawPath wanted = MemberNames.normalized(directory);
    if (lookup().find(wanted).isPresent()) {
      return lookup().children(wanted);
    }
    List<Member> folders = new ArrayList<>();
    for (RawPath folder : lookup().folders()) {
      if (folder.startsWith(wanted)) {
        lookup().find(folder).map(Found::member).ifPresent(folders::add);
      }
    }
    if (folders.isEmpty()) {
      throw new Failure(ExitCode.NOT_FOUND, "there is no " + directory + " in " + location(name));
    }
    return folders;
  }

  /**
   * Writes a file's content.
   *
   * @param out stays the caller's
   * @throws IOException of {@code out}
   * @throws Failure if it isn't a file, or can't be read
   */
  public void cat(RawPath path, OutputStream out) throws IOException, Failure {
    Found found = found(path);
    if (found.member().type() == Member.Type.HARDLINK) {
      found = found(found.member().link().orElseThrow());
    }
    if (found.member().type() != Member.Type.FILE) {
      throw new Failure(
          ExitCode.NOT_FOUND, path + " is a " + found.member().type().text() + ", not a file");
    }
    byte[] buffer = new byte[BUFFER_BYTES];
    long at = 0;
    TarReader reader = reader(tar, found);
    TarMember member = member(tar, reader, found);
    for (TarMember.Extent extent : member.extents()) {
      at = zeros(out, buffer, at, extent.offset());
      while (at < extent.end()) {
        int count = read(reader, buffer, extent.end() - at);
        out.write(buffer, 0, count);
        at += count;
      }
    }
    zeros(out, buffer, at, member.size());
  }

  private static long zeros(OutputStream out, byte[] buffer, long from, long to)
      throws IOException {
    if (from < to) {
      Arrays.fill(buffer, (byte) 0);
    }
    for (long at = from; at < to; at += buffer.length) {
      out.write(buffer, 0, (int) Math.min(buffer.length, to - at));
    }
    return to;
  }

  private int read(TarReader reader, byte[] buffer, long length) throws Failure {
    try {
      return reader.read(buffer, 0, (int) Math.min(buffer.length, length));
    } catch (IOException e) {
      throw tar.failure(e);
    }
  }

  private static TarReader reader(StoredTar from, Found found) throws Failure {
    try {
      return from.from(found);
    } catch (IOException e) {
      throw from.failure(e);
    }
  }

  private static TarMember member(StoredTar from, TarReader reader, Found found) throws Failure {
    try {
      return from.member(reader, found);
    } catch (IOException e) {
      throw from.failure(e);
    }
  }

  // Extraction

  /**
   * Extracts all of it.
   *
   * @throws Failure if the archive can't be read, or the folder can't be written to
   */
  public void extract(Extractor extractor) throws Failure {
    try {
      TarReader reader = tar.all();
      for (TarMember member = reader.next(); member != null; member = reader.next()) {
        extractor.add(member, reader);
      }
    } catch (IOException e) {
      throw extractionFailure(e);
    }
  }

  /**
   * Why members can't be looked up in the index; empty if they can. Then all of the archive is read
   * for some of it.
   */
  public Optional<String> indexProblem() throws Failure {
    try {
      lookup();
      return Optional.empty();
    } catch (Failure e) {
      if (e.exitCode() == ExitCode.DAMAGED) {
        return Optional.ofNullable(e.getMessage());
      }
      throw e;
    }
  }

  /**
   * Extracts some of it: members, and what is in those that are directories.
   *
   * @throws Failure if the archive has no such member, can't be read, or the folder can't be
   *     written to
   */
  public void extract(List<RawPath> paths, Extractor extractor) throws Failure {
    List<RawPath> wanted = paths.stream().map(MemberNames::normalized).distinct().toList();
    if (indexProblem().isPresent()) {
      filter(wanted, extractor);
      return;
    }
    List<Found> found = new ArrayList<>();
    for (RawPath path : wanted) {
      // Nothing is extracted if one of them has a wrong name.
      if (wanted.stream().noneMatch(other -> !other.equals(path) && path.startsWith(other))) {
        found.add(found(path));
      }
    }
    Selection selection = new Selection(wanted, extractor);
    for (Found start : found) {
      selection.extract(start);
    }
  }

  /** Without an index: reads all of the archive. */
  private void filter(List<RawPath> wanted, Extractor extractor) throws Failure {
    List<RawPath> missing = new ArrayList<>(wanted);
    try {
      TarReader reader = tar.all();
      for (TarMember member = reader.next(); member != null; member = reader.next()) {
        RawPath at = MemberNames.normalized(member.name());
        if (wanted.stream().anyMatch(at::startsWith)) {
          missing.removeIf(at::startsWith);
          extractor.add(member, reader);
        }
      }
    } catch (IOException e) {
      throw extractionFailure(e);
    }
    if (!missing.isEmpty()) {
      throw new Failure(
          ExitCode.NOT_FOUND, "there is no " + missing.getFirst() + " in " + location(name));
    }
  }

  /** What is to be extracted, and what else is needed for it. */
  private final class Selection {

    private final List<RawPath> wanted;
    private final Extractor extractor;

    /** Of files that weren't asked for by the name that has their data: where that is now. */
    private final Map<RawPath, RawPath> elsewhere = new HashMap<>();

    Selection(List<RawPath> wanted, Extractor extractor) {
      this.wanted = wanted;
      this.extractor = extractor;
    }

    void extract(Found start) throws Failure {
      RawPath top = start.member().name();
      boolean directory = start.member().type() == Member.Type.DIRECTORY;
      TarReader reader = reader(tar, start);
      TarMember member = member(tar, reader, start);
      try {
        do {
          add(member, reader);
          member = directory ? reader.next() : null;
        } while (member != null && MemberNames.normalized(member.name()).startsWith(top));
      } catch (IOException e) {
        throw extractionFailure(e);
      }
    }

    private void add(TarMember member, TarReader reader) throws IOException, Failure {
      if (member.type() != TarMember.Type.HARD_LINK) {
        extractor.add(member, reader);
        return;
      }
      RawPath target = MemberNames.normalized(member.link());
      if (wanted.stream().anyMatch(target::startsWith)) {
        extractor.add(member, reader);
      } else if (elsewhere.containsKey(target)) {
        extractor.add(member.linkedTo(elsewhere.get(target)), reader);
      } else {
        Found data = found(target);
        StoredTar from = aside();
        TarReader other = reader(from, data);
        extractor.add(member(from, other, data).named(member.name()), other);
        elsewhere.put(target, member.name());
      }
    }
  }

  private StoredTar aside() throws Failure {
    if (aside == null) {
      aside = openTar();
    }
    return aside;
  }

  /** Of the folder that is extracted to, or of the archive. */
  private Failure extractionFailure(IOException e) {
    if (e instanceof ErrnoException folder) {
      return new Failure(
          ExitCode.TARGET,
          folder.getMessage()
              + "; what was extracted before is complete, and the same command goes on from there",
          folder);
    }
    return tar.failure(e);
  }

  @Override
  public void close() throws Failure {
    for (StoredBytes bytes : opened) {
      bytes.close();
    }
  }
}
