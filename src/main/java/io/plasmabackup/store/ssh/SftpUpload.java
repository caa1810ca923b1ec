package io.plasmabackup.store.ssh;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.store.Chunk;
import io.plasmabackup.store.PartialLost;
import io.plasmabackup.store.SourceLost;
import io.plasmabackup.store.StoredBytes;
import io.plasmabackup.store.Upload;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.sshd.sftp.client.SftpClient.Attributes;
import org.apache.sshd.sftp.client.SftpClient.CloseableHandle;
import org.apache.sshd.sftp.client.SftpClient.Handle;
import org.apache.sshd.sftp.client.SftpClient.OpenMode;
import org.apache.sshd.sftp.client.extensions.openssh.OpenSSHFsyncExtension;
import org.apache.sshd.sftp.common.SftpConstants;
import org.apache.sshd.sftp.common.SftpException;
import org.jspecify.annotations.Nullable;

/**
 * A file being written to an {@link SshStore}. Every step can be done again: when the connection is
 * lost, the file is opened again over a new one, compared, cut to what was confirmed, and the step
 * repeated.
 */
final class SftpUpload implements Upload {

  /** So much must have been stored over one connection before there are others. */
  private static final long SPREAD_AFTER = 8 << 20;

  /** Bytes of one request to copy: for so long the server answers no other. */
  private static final long MOST_COPIED = 32 << 20;

  /**
   * Bytes at the end of a request to copy that may be missing: twice what OpenSSH copies at a time.
   */
  private static final int UNRELIABLE = 2 * 64 * 1024;

  private final SshStore store;
  private final Link link;
  private final String part;
  private final String target;

  /** What the file ended with when it was resumed. */
  private final Optional<Chunk> resumedFrom;

  private final SftpWriter writer;
  private final BlockChecksums checksums = new BlockChecksums();
  private Handle handle;

  /** The connection that {@code handle} is of. */
  private int linkNumber;

  private boolean handleOpen = true;

  /** What was stored when that connection was taken. */
  private long attachedAt;

  private Optional<FurtherConnections> further = Optional.empty();

  /** Over the same connection as the handle. */
  private Optional<DigestMeanwhile> meanwhile = Optional.empty();

  /** Has ranges of other files copied into this one; over the same connection as the handle. */
  private Optional<StoreProgram> program = Optional.empty();

  /** What it compares meanwhile. */
  private Optional<StoredCheck> check = Optional.empty();

  /** What it found all to be; empty until then, and where it doesn't tell. */
  private Optional<byte[]> found = Optional.empty();

  private long position;
  private long sent;

  /** Of which there are ranges in this, copied by the server; null if there are none. */
  private @Nullable SftpBytes copiedFrom;

  private boolean published;
  private boolean closed;

  private SftpUpload(
      SshStore store,
      Link link,
      String part,
      String target,
      Handle handle,
      Optional<Chunk> resumedFrom) {
    this.store = store;
    this.link = link;
    this.part = part;
    this.target = target;
    this.handle = handle;
    this.linkNumber = link.number();
    this.resumedFrom = resumedFrom;
    this.attachedAt = resumedFrom.map(Chunk::end).orElse(0L);
    this.writer = new SftpWriter(attachedAt, link.stall(), link::achieved);
    writer.attach(link.connection(), link.sftp(), handle, link.underWay());
  }

  /** Takes over {@code handle}, an exclusively created file at {@code part}. */
  static SftpUpload begun(SshStore store, Link link, String part, String target, Handle handle) {
    return new SftpUpload(store, link, part, target, handle, Optional.empty());
  }

  /** Takes over {@code handle}, the file at {@code part}, which ends with {@code last}. */
  static SftpUpload resumed(
      SshStore store, Link link, String part, String target, Handle handle, Chunk last) {
    return new SftpUpload(store, link, part, target, handle, Optional.of(last));
  }

  /** Something to do over a connection, which may be another one when it is done again. */
  @FunctionalInterface
  private interface Step<T> {
    T run() throws IOException, Failure;
  }

  /** Does something until the connection lasts long enough. */
  private <T> T connected(Supplier<String> action, Step<T> step) throws Failure {
    while (true) {
      try {
        attach();
        return step.run();
      } catch (StoredCheck.Differs differs) {
        throw notWhatWasWritten(String.valueOf(differs.getMessage()));
      } catch (CopySource.Lost lost) {
        throw new SourceLost("cannot copy from an earlier archive: " + lost.getMessage());
      } catch (SftpWriter.WriteRefused refused) {
        throw store.failure(
            "cannot write at byte " + refused.offset() + " of", part, refused.status());
      } catch (IOException e) {
        recover(action.get(), part, e);
      }
    }
  }

  /** Returns when there is a new connection. */
  private void recover(String action, String path, IOException e) throws Failure {
    if (!link.isBroken(e)) {
      throw store.failure(action, path, e);
    }
    closeFurther();
    if (e instanceof Lane.Lost lost && lost.connection() != link.connection()) {
      link.reduceCount();
    }
    link.recover(action, path, acknowledged(), writer.unconfirmed(), e);
  }

  /** Opens the file again if it was open over another connection. */
  private void attach() throws IOException, Failure {
    if (linkNumber == link.number()) {
      return;
    }
    closeFurther();
    meanwhile.ifPresent(DigestMeanwhile::close);
    meanwhile = Optional.empty();
    program = Optional.empty();
    check = Optional.empty();
    if (copiedFrom != null) {
      // Nor is there a digest of the whole in the end.
      throw lost("nobody here can tell whether what was copied is still there");
    }
    Sftp sftp = link.sftp();
    CloseableHandle again =
        sftp.openRegular(part).orElseThrow(() -> lost("it is gone, or something else is there"));
    long size = sftp.stat(again).getSize();
    Optional<String> problem = problem(sftp, again, size);
    if (problem.isPresent()) {
      again.close();
      throw lost(problem.get());
    }
    if (size > acknowledged()) {
      sftp.truncate(again, acknowledged());
    }
    writer.attach(link.connection(), sftp, again, link.underWay());
    attachedAt = acknowledged();
    handle = again;
    handleOpen = true;
    linkNumber = link.number();
  }

  /** How the file differs from what was confirmed. */
  private Optional<String> problem(Sftp sftp, Handle file, long size) throws IOException {
    if (size < acknowledged()) {
      return Optional.of("it has " + size + " bytes of the " + acknowledged() + " confirmed ones");
    }
    if (store.readsAllBack()) {
      Optional<String> difference =
          checksums.difference(sftp, file, checksums.within(acknowledged()), size);
      if (difference.isPresent()) {
        return difference;
      }
    }
    Optional<Boolean> same = writer.endIsIn(sftp, file);
    if (same.isEmpty() && resumedFrom.isPresent()) {
      same = Optional.of(sftp.holds(file, resumedFrom.get()));
    }
    return same.orElse(true)
        ? Optional.empty()
        : Optional.of("what is before byte " + acknowledged() + " is not what was sent");
  }

  private PartialLost lost(String problem) {
    return new PartialLost(
        "cannot go on with " + link.shown(part) + " after the connection was lost: " + problem);
  }

  @Override
  public void prepareCopies(StoredBytes source) throws Failure {
    program = connected(() -> "cannot prepare", () -> store.programFor(name()));
    check = program.map(started -> new StoredCheck(started, link.stall()));
  }

  /** What it will be called in the folder. */
  private String name() {
    return target.substring(target.lastIndexOf('/') + 1);
  }

  @Override
  public void expect(Chunk chunk) throws Failure {
    if (check.isPresent()) {
      check.get().expect(chunk);
      checkOn();
    }
  }

  /** Has compared what the server has confirmed. */
  private void checkOn() throws Failure {
    if (check.isEmpty()) {
      return;
    }
    connected(
        () -> "cannot compare",
        () -> {
          try {
            if (check.isPresent()) {
              check.get().proceed(acknowledged());
            }
          } catch (CopySource.Lost lost) {
            doWithout(lost);
          }
          return true;
        });
  }

  /** Nothing is lost with the program if it has copied nothing. */
  private void doWithout(CopySource.Lost lost) throws CopySource.Lost {
    if (copiedFrom != null) {
      throw lost;
    }
    link.note(lost.getMessage() + "; it is done without");
    program = Optional.empty();
    check = Optional.empty();
  }

  @Override
  public Optional<byte[]> sha256() throws Failure {
    if (check.isEmpty()) {
      return Optional.empty();
    }
    found =
        connected(
            () -> "cannot compare",
            () -> {
              writer.finish();
              try {
                return check.isPresent() ? check.get().end(position) : Optional.empty();
              } catch (CopySource.Lost lost) {
                doWithout(lost);
                return Optional.empty();
              }
            });
    return found.map(byte[]::clone);
  }

  @Override
  public long clonedBytes() {
    return program.map(StoreProgram::shared).orElse(0L);
  }

  @Override
  public void write(ByteBuffer bytes) throws Failure {
    checksums.update(bytes.duplicate());
    int there = Math.clamp(resumedAt() - position, 0, bytes.remaining());
    position += there;
    bytes.position(bytes.position() + there);
    while (bytes.hasRemaining()) {
      int count = writer.take(bytes);
      position += count;
      sent += count;
      if (writer.isFull()) {
        connected(
            () -> "cannot write at byte " + acknowledged() + " of",
            () -> {
              writer.send();
              spread();
              digest();
              return true;
            });
        checkOn();
      }
    }
  }

  @Override
  public long sent() {
    return sent;
  }

  @Override
  public boolean copy(StoredBytes file, long from, long length) throws Failure {
    if (!(file instanceof SftpBytes source)) {
      return false;
    }
    // Nobody here has what its digest would be compared with.
    copiedFrom = source;
    meanwhile.ifPresent(DigestMeanwhile::close);
    meanwhile = Optional.empty();
    checksums.skip(length);
    long there = Math.clamp(resumedAt() - position, 0, length);
    position += there;
    for (long done = there; done < length; ) {
      long part = Math.min(length - done, MOST_COPIED);
      if (program.isPresent()) {
        copyBy(program.get(), source, from + done, part);
      } else {
        copyPart(source, from + done, part);
      }
      done += part;
      position += part;
    }
    checkOn();
    return true;
  }

  private void copyBy(StoreProgram by, SftpBytes source, long from, long length) throws Failure {
    writer.copy(new Piece.Copied(source.copySource(), from, length, by), length);
    connected(
        () -> "cannot copy at byte " + acknowledged() + " of",
        () -> {
          writer.send();
          return true;
        });
  }

  /**
   * The end of a range is sent, over what was copied: OpenSSH's server, up to 10.0 at least, says
   * that all went well even if it couldn't read or write the last bytes of a request; nor does it
   * if the file ends within those before, as it goes on after a read that gave less.
   */
  private void copyPart(SftpBytes source, long from, long length) throws Failure {
    int ending = (int) Math.min(length, UNRELIABLE);
    ByteBuffer end = ending(source, from + length - ending, ending);
    if (ending < length) {
      writer.copy(new Piece.Copied(source.copySource(), from, length, null), length - ending);
    }
    while (end.hasRemaining()) {
      sent += writer.take(end);
      connected(
          () -> "cannot copy at byte " + acknowledged() + " of",
          () -> {
            writer.send();
            return true;
          });
    }
  }

  private ByteBuffer ending(SftpBytes source, long from, int length) throws Failure {
    byte[] bytes = new byte[length];
    int read;
    try {
      read = source.read(from, bytes, 0, length);
    } catch (Failure e) {
      if (link.isLost() || Thread.currentThread().isInterrupted()) {
        throw e;
      }
      throw new SourceLost("cannot copy from an earlier archive: " + e.getMessage());
    }
    if (read < length) {
      throw new SourceLost("the archive that is copied from has become shorter");
    }
    return ByteBuffer.wrap(bytes);
  }

  /** Takes further connections once it pays. */
  private void spread() {
    if (further.isPresent()) {
      further.get().note().ifPresent(link::note);
    } else if (link.count() > 1 && acknowledged() - attachedAt >= SPREAD_AFTER) {
      Lane first = writer.firstLane();
      FurtherConnections connections = new FurtherConnections();
      further = Optional.of(connections);
      connections.open(
          link.count() - 1, link.another(), another -> writer.join(first, another, part));
    }
  }

  /** Has the server read what it has confirmed, once that is so much that it takes a while. */
  private void digest() throws IOException {
    if (meanwhile.isEmpty()
        && copiedFrom == null
        && check.isEmpty()
        && acknowledged() >= DigestMeanwhile.STEP) {
      meanwhile = Optional.of(DigestMeanwhile.begin(link.connection(), part));
    }
    meanwhile.ifPresent(digest -> digest.confirmed(acknowledged()));
  }

  private void closeFurther() {
    further.ifPresent(FurtherConnections::close);
    further = Optional.empty();
  }

  @Override
  public long position() {
    return position;
  }

  @Override
  public long resumedAt() {
    return resumedFrom.map(Chunk::end).orElse(0L);
  }

  @Override
  public long acknowledged() {
    return writer.acknowledged();
  }

  @Override
  public Verification publish(byte[] expectedSha256) throws Failure {
    checksums.finish();
    ContentCheck all = ContentCheck.ofAll(link, position, checksums, expectedSha256);
    if (found.isEmpty()) {
      found = sha256();
    }
    return publish(
        found.isPresent() && MessageDigest.isEqual(found.get(), expectedSha256)
            ? all.known()
            : all);
  }

  @Override
  public Verification publish(List<Chunk> chunks) throws Failure {
    checksums.finish();
    return publish(ContentCheck.ofChunks(link, position, checksums, chunks));
  }

  private Verification publish(ContentCheck check) throws Failure {
    Verification verification =
        connected(
            () -> "cannot complete",
            () -> {
              settle();
              if (copiedFrom != null && !copiedFrom.isUnchanged(link.sftp())) {
                throw new SourceLost("the archive that is copied from was written to meanwhile");
              }
              ContentCheck.Result result = check.of(part, meanwhile);
              if (result.difference().isPresent()) {
                throw notWhatWasWritten(result.difference().get());
              }
              return result.verification();
            });
    link.achieved();
    rename(check);
    published = true;
    return verification;
  }

  /** Everything has arrived and is durable, and the file is closed. */
  private void settle() throws IOException, Failure {
    writer.finish();
    closeFurther();
    Sftp sftp = link.sftp();
    sync(sftp, handle);
    long size = sftp.stat(handle).getSize();
    handleOpen = false;
    sftp.close(handle);
    if (size != position) {
      throw notWhatWasWritten(size + " bytes stored, " + position + " sent");
    }
  }

  /** To disk, where the server has that request. */
  private static void sync(Sftp sftp, Handle file) throws IOException {
    OpenSSHFsyncExtension fsync = sftp.getExtension(OpenSSHFsyncExtension.class);
    if (fsync != null && fsync.isSupported()) {
      fsync.fsync(file);
    }
  }

  private Failure notWhatWasWritten(String difference) {
    return new PartialLost(
        "what is stored in "
            + link.shown(part)
            + " is not what was sent ("
            + difference
            + "): check the server's disk");
  }

  /**
   * An answer that gets lost leaves it open whether the file has its name; and a request that was
   * on its way may even be carried out by the server after the next one was sent.
   */
  private void rename(ContentCheck check) throws Failure {
    String action = "cannot tell whether it was published:";
    boolean uncertain = false;
    while (true) {
      try {
        boolean done =
            (uncertain && isRenamed(check)) || tryRename() || (uncertain && isRenamed(check));
        if (!done) {
          throw new Failure(
              ExitCode.STORAGE,
              "cannot publish "
                  + link.shown(target)
                  + ": a file of that name exists already; it was not touched");
        }
        syncName();
        return;
      } catch (IOException e) {
        recover(action, target, e);
        uncertain = true;
      }
    }
  }

  /**
   * There is no request to write a directory to disk, but to sync a file that was renamed brings
   * its new name there as well on ext4, xfs and btrfs.
   */
  private void syncName() throws IOException {
    Sftp sftp = link.sftp();
    try (CloseableHandle renamed = sftp.open(target, OpenMode.Read)) {
      sync(sftp, renamed);
    }
  }

  /**
   * OpenSSH's server links and unlinks, which fails where the name is taken. The look before is for
   * other servers, whose rename may replace.
   *
   * @return false if the name is taken
   */
  private boolean tryRename() throws IOException, Failure {
    Sftp sftp = link.sftp();
    if (sftp.exists(target)) {
      return false;
    }
    try {
      sftp.rename(part, target);
      return true;
    } catch (SftpException refused) {
      if (refused.getStatus() == SftpConstants.SSH_FX_FAILURE && sftp.exists(target)) {
        return false;
      }
      throw store.failure("cannot publish", target, refused);
    }
  }

  /** Whether a rename was carried out whose answer got lost; ends one that was half done. */
  private boolean isRenamed(ContentCheck check) throws IOException, Failure {
    Sftp sftp = link.sftp();
    boolean partThere = sftp.exists(part);
    if (!sftp.exists(target)) {
      if (!partThere) {
        throw lost("it is gone");
      }
      return false;
    }
    Attributes found = sftp.lstat(target);
    if (!found.isRegularFile() || found.getSize() != position) {
      return false;
    }
    if (!partThere) {
      return true;
    }
    // The server may have linked and not unlinked. Another file of the same size isn't ours.
    if (check.of(target).difference().isPresent()) {
      return false;
    }
    sftp.remove(part);
    return true;
  }

  @Override
  public void suspend() {
    // The server closes the handles when the connections end.
    closed = true;
    writer.stop();
    closeFurther();
    program.ifPresent(StoreProgram::close);
  }

  @Override
  public void close() throws Failure {
    if (closed) {
      return;
    }
    closed = true;
    program.ifPresent(StoreProgram::close);
    if (published) {
      return;
    }
    // An interrupt is often the reason for ending early; it must not end the cleaning up as well.
    boolean interrupted = Thread.interrupted();
    try {
      writer.end();
      closeFurther();
      meanwhile.ifPresent(DigestMeanwhile::close);
      remove();
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void remove() throws Failure {
    try {
      if (handleOpen && linkNumber == link.number() && !link.isLost()) {
        link.sftp().close(handle);
      }
    } catch (IOException e) {
      // The file is removed all the same; where the connection is gone, through a new one.
      if (!link.isLost()) {
        throw store.failure("cannot close the incomplete", part, e);
      }
    }
    store.removeIncomplete(part);
  }
}
