package io.plasmabackup.restore;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.archive.IndexLine;
import io.plasmabackup.archive.IndexLine.Member;
import io.plasmabackup.exclude.NamePattern;
import io.plasmabackup.extract.Extractor;
import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.linux.Fd;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.restore.IndexLookup.Found;
import io.plasmabackup.store.ArchiveName;
import io.plasmabackup.store.FileNames;
import io.plasmabackup.store.Store;
import io.plasmabackup.store.StoredBytes;
import io.plasmabackup.tar.TarMember;
import io.plasmabackup.tar.TarReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * An archive in a store, of which one asks what is in it. Its index knows; where that is missing,
 * damaged or another archive's, all of the archive is read for each question, and that is told
 * once. Owns what it has opened in the store, but not the store. Used by one thread.
 */
public final class Archive implements AutoCloseable {

  private static final int BUFFER_BYTES = 256 * 1024;
  private static final OptionalLong NONE = OptionalLong.of(0);

  private final Store store;
  private final String name;
  private final Consumer<String> notes;
  private final List<StoredBytes> opened = new ArrayList<>();

  /** Of what is read from front to back. */
  private final StoredTar tar;

  private final long size;

  private @Nullable IndexLookup lookup;

  /** Whether the index was found to be of no use. */
  private boolean unindexed;

  /** For what is looked up while something is read from front to back. */
  private @Nullable StoredTar aside;

  private Archive(Store store, String name, Consumer<String> notes) throws Failure {
    this.store = store;
    this.name = name;
    this.notes = notes;
    StoredBytes bytes = openBytes();
    this.tar = tar(bytes);
    this.size = bytes.size();
  }

  /**
   * Opens an archive.
   *
   * @param wanted its file's name; {@code latest}; or how just one archive's name begins
   * @param notes told one line if the index is of no use
   * @throws Failure if there is none, or more than one; and those of the store
   */
  public static Archive open(Store store, String wanted, Consumer<String> notes) throws Failure {
    return new Archive(store, ArchiveChoice.of(store, wanted), notes);
  }

  private StoredBytes openBytes() throws Failure {
    StoredBytes bytes =
        store
            .open(name)
            .orElseThrow(
                () -> new Failure(ExitCode.NOT_FOUND, location(name) + " has just been deleted"));
    opened.add(bytes);
    return bytes;
  }

  private StoredTar tar(StoredBytes bytes) {
    return new StoredTar(bytes, location(name), ArchiveName.isCompressed(name));
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
          IndexBytes.open(store, name)
              .orElseThrow(() -> new Failure(ExitCode.DAMAGED, location(name) + " has no index"));
      opened.add(bytes);
      StoredIndex index = StoredIndex.of(bytes, location(indexName));
      index.requireOf(name, size);
      lookup = new IndexLookup(index);
    }
    return lookup;
  }

  // Members

  /** Something that is asked of the members. */
  @FunctionalInterface
  private interface Question<M extends Members, T> {
    T of(M members) throws Failure;
  }

  private <T> T ask(Question<Members, T> question) throws Failure {
    Optional<T> answer = askIndex(question::of);
    return answer.isPresent() ? answer.get() : question.of(new TarScan(tar));
  }

  /** Empty if the index is of no use, of which one is then told. */
  private <T> Optional<T> askIndex(Question<IndexLookup, T> question) throws Failure {
    if (unindexed) {
      return Optional.empty();
    }
    try {
      return Optional.of(question.of(lookup()));
    } catch (Failure e) {
      if (e.exitCode() != ExitCode.DAMAGED) {
        throw e;
      }
      unindexed = true;
      notes.accept(
          e.getMessage()
              + "; so all of the archive is read (plasma-restore reindex "
              + FileNames.shown(name)
              + " makes an index of it)");
      return Optional.empty();
    }
  }

  /**
   * A member.
   *
   * @param path its name; a slash at either end makes no difference
   * @throws Failure if the archive has none of that name
   */
  public Member member(RawPath path) throws Failure {
    return found(path).member();
  }

  private Found found(RawPath path) throws Failure {
    return found(path, ask(members -> members.find(MemberNames.normalized(path))));
  }

  private Found found(RawPath path, Optional<Found> found) throws Failure {
    return found.orElseThrow(() -> nothing(path));
  }

  private Failure nothing(RawPath path) {
    return new Failure(ExitCode.NOT_FOUND, "there is no " + path + " in " + location(name));
  }

  /**
   * What is to be seen at a path, in the archive's order: of a directory, what is directly in it;
   * of any other member, itself. Of a path that is no member, but has members below, those that are
   * in no directory of the archive.
   *
   * @throws Failure if there is nothing
   */
  public List<Member> at(RawPath path) throws Failure {
    RawPath wanted = MemberNames.normalized(path);
    List<Member> members = ask(all -> all.at(wanted));
    if (members.isEmpty() && !wanted.isEmpty() && ask(all -> all.find(wanted)).isEmpty()) {
      throw nothing(path);
    }
    return members;
  }

  /** What is done with one member after the other. */
  @FunctionalInterface
  public interface MemberVisitor {

    /**
     * Is shown a member.
     *
     * @throws Failure to see no more of them
     */
    void visit(Member member) throws Failure;
  }

  /**
   * Shows the members whose names match, in the archive's order. Nothing else may be asked of this
   * meanwhile.
   *
   * @param wanted {@link NamePattern#ALL} for all
   */
  public void members(NamePattern wanted, MemberVisitor visitor) throws Failure {
    // If the index turns out to be damaged, those before that place have been shown already.
    long[] shown = new long[1];
    boolean byIndex =
        askIndex(
                lookup -> {
                  new IndexScan(lookup.index())
                      .lines(
                          LineFilter.members(wanted),
                          line -> {
                            if (line instanceof Member member && matches(wanted, member)) {
                              visitor.visit(member);
                              shown[0]++;
                            }
                          });
                  return true;
                })
            .orElse(false);
    if (byIndex) {
      return;
    }
    long[] passed = new long[1];
    new TarScan(tar)
        .visit(found -> {
          if (matches(wanted, found.member()) && passed[0]++ >= shown[0]) {
            visitor.visit(found.member());
          }
          return true;
        });
  }

  private static boolean matches(NamePattern wanted, Member member) {
    return wanted.matches(member.name(), member.type() == Member.Type.DIRECTORY);
  }

  /** What was not archived by intent, as members are named; nothing where the index can't tell. */
  Set<RawPath> leftOut() throws Failure {
    return askIndex(
            lookup -> {
              Set<RawPath> leftOut = new HashSet<>();
              new IndexScan(lookup.index())
                  .lines(
                      LineFilter.noMembers(),
                      line -> {
                        if (line instanceof IndexLine.Left left) {
                          leftOut.add(left.name());
                        }
                      });
              return leftOut;
            })
        .orElse(Set.of());
  }

  /** The order that its members have; empty if the index can't tell. */
  Optional<MemberOrder> order() throws Failure {
    return askIndex(IndexLookup::order).flatMap(Function.identity());
  }

  /**
   * About how many bytes it takes to extract all of it: those of its tar; or, where the index can't
   * tell, what is stored of it.
   */
  long extractedBytes() throws Failure {
    return askIndex(
            lookup -> {
              long[] bytes = {0};
              new IndexScan(lookup.index())
                  .lines(
                      LineFilter.noMembers(),
                      line ->
                          bytes[0] +=
                              line instanceof IndexLine.Segment segment ? segment.tar() : 0);
              return bytes[0];
            })
        .orElse(size);
  }

  /** What is read from front to back. */
  StoredTar tar() {
    return tar;
  }

  /**
   * The file that its tar is in, where that is on this machine and not compressed; as long as this
   * is open.
   */
  public Optional<Fd> file() throws Failure {
    return tar.file();
  }

  /** Where it is, for messages. */
  String shown() {
    return location(name);
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
      reader.readEnd();
    } catch (IOException e) {
      throw extractionFailure(e);
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
    // Nothing is extracted if one of them has a wrong name.
    Optional<List<Run>> runs =
        askIndex(index -> index.isOrdered() ? starts(wanted, index) : runs(wanted, index));
    if (runs.isEmpty()) {
      new Filter(wanted, extractor).extract();
      return;
    }
    Selection selection = new Selection(wanted, extractor);
    for (Run run : runs.get()) {
      selection.extract(run);
    }
  }

  /**
   * Members that follow one another in the archive.
   *
   * @param start the first one
   * @param top what all of them are below of, or are
   * @param members how many they are, if that is known; else as many as there are
   */
  private record Run(Found start, RawPath top, OptionalLong members) {}

  /** What is in a directory follows it at once. */
  private List<Run> starts(List<RawPath> wanted, Members index) throws Failure {
    List<Run> runs = new ArrayList<>();
    for (RawPath path : wanted) {
      if (wanted.stream().noneMatch(other -> !other.equals(path) && path.startsWith(other))) {
        Found start = found(path, index.find(path));
        runs.add(
            new Run(
                start,
                path,
                start.member().type() == Member.Type.DIRECTORY
                    ? OptionalLong.empty()
                    : OptionalLong.of(1)));
      }
    }
    return runs;
  }

  /** What is in a directory may be anywhere, as in bsdtar's archives. */
  private List<Run> runs(List<RawPath> wanted, Members index) throws Failure {
    List<Run> runs = new ArrayList<>();
    List<RawPath> missing = new ArrayList<>(wanted);
    boolean[] goesOn = new boolean[1];
    index.visit(found -> {
      RawPath name = found.member().name();
      boolean isWanted = wanted.stream().anyMatch(name::startsWith);
      if (isWanted) {
        missing.removeIf(name::startsWith);
        Run before = goesOn[0] ? runs.removeLast() : new Run(found, RawPath.EMPTY, NONE);
        runs.add(
            new Run(
                before.start(), before.top(), OptionalLong.of(before.members().orElseThrow() + 1)));
      }
      goesOn[0] = isWanted;
      return true;
    });
    if (!missing.isEmpty()) {
      throw nothing(missing.getFirst());
    }
    return runs;
  }

  /** Without an index: reads all of the archive. */
  private final class Filter {

    private final List<RawPath> wanted;
    private final Extractor extractor;
    private final List<RawPath> missing;

    /** Hard links to what isn't wanted itself, by that. */
    private final Map<RawPath, List<TarMember>> links = new HashMap<>();

    Filter(List<RawPath> wanted, Extractor extractor) {
      this.wanted = wanted;
      this.extractor = extractor;
      this.missing = new ArrayList<>(wanted);
    }

    private boolean isWanted(RawPath member) {
      return wanted.stream().anyMatch(member::startsWith);
    }

    void extract() throws Failure {
      pass(this::extractWanted);
      if (!missing.isEmpty()) {
        throw nothing(missing.getFirst());
      }
      if (!links.isEmpty()) {
        pass(this::extractLinked);
      }
    }

    private void extractWanted(TarMember member, TarReader data) throws IOException {
      RawPath path = MemberNames.normalized(member.name());
      if (!isWanted(path)) {
        return;
      }
      missing.removeIf(path::startsWith);
      RawPath target = MemberNames.normalized(member.link());
      if (member.type() == TarMember.Type.HARD_LINK && !isWanted(target)) {
        links.computeIfAbsent(target, none -> new ArrayList<>()).add(member);
      } else {
        extractor.add(member, data);
      }
    }

    /** What such links lead to, as the first of them; the others then lead there. */
    private void extractLinked(TarMember member, TarReader data) throws IOException {
      List<TarMember> names = links.remove(MemberNames.normalized(member.name()));
      if (names != null) {
        RawPath first = names.getFirst().name();
        extractor.add(member.named(first), data);
        for (TarMember other : names.subList(1, names.size())) {
          extractor.add(other.linkedTo(first), data);
        }
      }
    }

    private void pass(Taker taker) throws Failure {
      try {
        TarReader reader = tar.all();
        for (TarMember member = reader.next(); member != null; member = reader.next()) {
          taker.take(member, reader);
        }
        reader.readEnd();
      } catch (IOException e) {
        throw extractionFailure(e);
      }
    }
  }

  /** Gets a member that is read, with its data. */
  @FunctionalInterface
  private interface Taker {
    void take(TarMember member, TarReader data) throws IOException;
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

    void extract(Run run) throws Failure {
      TarReader reader = reader(tar, run.start());
      TarMember member = member(tar, reader, run.start());
      long left = run.members().orElse(Long.MAX_VALUE);
      try {
        while (member != null && MemberNames.normalized(member.name()).startsWith(run.top())) {
          add(member, reader);
          left--;
          member = left > 0 ? reader.next() : null;
        }
        if (left > 0 && run.members().isPresent()) {
          throw new EOFException();
        }
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
      aside = tar(openBytes());
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
