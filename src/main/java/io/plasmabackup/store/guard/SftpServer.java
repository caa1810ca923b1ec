package io.plasmabackup.store.guard;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.linux.Errno;
import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.linux.FileStatus;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * SFTP, version 3 (draft-ietf-secsh-filexfer-02, and OpenSSH's PROTOCOL for what is added to it),
 * for one folder and under its rules. One request after the other is carried out and answered.
 */
public final class SftpServer implements AutoCloseable {

  private static final int VERSION = 3;
  private static final int OK = 0;
  private static final int END_OF_FILE = 1;
  private static final int FAILURE = 4;

  /** What may be open at a time; the agent has a few. */
  private static final int MOST_OPEN = 64;

  /** What OpenSSH's server reads at a time at most: a packet less its head. */
  private static final int MOST_READ = SftpRequest.MOST - 1024;

  /** Names in a reply. */
  private static final int MOST_NAMES = 100;

  private static final int BLOCK = 4096;
  private static final int LONGEST_NAME = 255;
  private static final int READ_ONLY = 1;

  private static final int SIZE_ONLY = 1;

  private static final String FSYNC = "fsync@openssh.com";
  private static final String STATVFS = "statvfs@openssh.com";

  /** Types of packets. */
  private static final class Type {

    static final int INIT = 1;
    static final int VERSION = 2;
    static final int OPEN = 3;
    static final int CLOSE = 4;
    static final int READ = 5;
    static final int WRITE = 6;
    static final int LSTAT = 7;
    static final int FSTAT = 8;
    static final int SETSTAT = 9;
    static final int FSETSTAT = 10;
    static final int OPENDIR = 11;
    static final int READDIR = 12;
    static final int REMOVE = 13;
    static final int MKDIR = 14;
    static final int RMDIR = 15;
    static final int REALPATH = 16;
    static final int STAT = 17;
    static final int RENAME = 18;
    static final int READLINK = 19;
    static final int SYMLINK = 20;
    static final int STATUS = 101;
    static final int HANDLE = 102;
    static final int DATA = 103;
    static final int NAME = 104;
    static final int ATTRS = 105;
    static final int EXTENDED = 200;
    static final int EXTENDED_REPLY = 201;

    private Type() {}
  }

  /** How a file is to be opened. */
  private static final class Flags {

    static final int READ = 1;
    static final int WRITE = 2;
    static final int CREATE = 8;
    static final int EXCLUSIVE = 32;

    private Flags() {}
  }

  private final GuardedFolder folder;
  private final InputStream in;
  private final OutputStream out;
  private final byte[] room = new byte[SftpRequest.MOST];
  private final byte[] content = new byte[MOST_READ];
  private final Map<Integer, GuardedFile> files = new HashMap<>();
  private final Map<Integer, Iterator<GuardedFolder.Entry>> listings = new HashMap<>();
  private int nextHandle;

  /**
   * @param in closed by nobody, and neither is {@code out}
   */
  public SftpServer(GuardedFolder folder, InputStream in, OutputStream out) {
    this.folder = folder;
    this.in = in;
    this.out = out;
  }

  /**
   * Answers until there are no more requests.
   *
   * @throws Failure with {@link ExitCode#USAGE} if something that isn't SFTP comes in; with {@link
   *     ExitCode#CONNECTION} if nobody takes the answers
   */
  public void serve() throws Failure {
    try {
      if (!greet()) {
        return;
      }
      for (Optional<SftpRequest> request = SftpRequest.read(in, room);
          request.isPresent();
          request = SftpRequest.read(in, room)) {
        answer(request.get());
      }
    } catch (SftpRequest.Malformed e) {
      throw new Failure(ExitCode.USAGE, "this is no client of SFTP: " + e.getMessage(), e);
    } catch (IOException e) {
      throw new Failure(ExitCode.CONNECTION, "cannot answer: " + e.getMessage(), e);
    }
  }

  private boolean greet() throws IOException {
    Optional<SftpRequest> first = SftpRequest.read(in, room);
    if (first.isEmpty()) {
      return false;
    }
    if (first.get().type() != Type.INIT) {
      throw new SftpRequest.Malformed("it doesn't begin with its version");
    }
    first.get().number();
    new SftpReply(Type.VERSION, VERSION).text(FSYNC).text("1").text(STATVFS).text("2").send(out);
    return true;
  }

  /** What is to be answered. */
  @FunctionalInterface
  private interface Answer {
    SftpReply make(SftpRequest request, int id) throws IOException, Denied;
  }

  private void answer(SftpRequest request) throws IOException {
    Answer answer =
        switch (request.type()) {
          case Type.OPEN -> this::open;
          case Type.CLOSE -> this::close;
          case Type.READ -> this::read;
          case Type.WRITE -> this::write;
          case Type.STAT, Type.LSTAT -> this::stat;
          case Type.FSTAT -> this::statOpen;
          case Type.FSETSTAT -> this::setSize;
          case Type.OPENDIR -> this::openFolder;
          case Type.READDIR -> this::readFolder;
          case Type.REMOVE -> this::remove;
          case Type.REALPATH -> this::realPath;
          case Type.RENAME -> this::rename;
          case Type.EXTENDED -> this::extended;
          case Type.SETSTAT, Type.MKDIR, Type.RMDIR, Type.READLINK, Type.SYMLINK ->
              (r, id) -> {
                throw Denied.byRule("this is not allowed here");
              };
          default ->
              (r, id) -> {
                throw Denied.unsupported();
              };
        };
    int id = request.number();
    reply(answer, request, id).send(out);
  }

  private static SftpReply reply(Answer answer, SftpRequest request, int id) throws IOException {
    try {
      return answer.make(request, id);
    } catch (Denied e) {
      return status(id, e.status().number(), e.getMessage());
    } catch (SftpRequest.Malformed e) {
      throw e;
    } catch (ErrnoException e) {
      return e.is(Errno.ENOENT)
          ? reply(
              (r, i) -> {
                throw Denied.missing();
              },
              request,
              id)
          : status(id, FAILURE, Denied.failed(String.valueOf(e.getMessage())).getMessage());
    } catch (IOException e) {
      return status(id, FAILURE, Denied.failed(String.valueOf(e.getMessage())).getMessage());
    }
  }

  private static SftpReply status(int id, int status, String message) throws IOException {
    return new SftpReply(Type.STATUS, id).number(status).text(message).text("en");
  }

  private static SftpReply ok(int id) throws IOException {
    return status(id, OK, "");
  }

  /** In the folder. */
  private String find(SftpRequest request) throws IOException, Denied {
    return request.text().flatMap(folder.paths()::find).orElseThrow(Denied::missing);
  }

  /** A file that clients may know of, whether it is there or not. */
  private GuardedName name(SftpRequest request) throws IOException, Denied {
    return GuardedName.parse(find(request)).orElseThrow(Denied::missing);
  }

  private SftpReply open(SftpRequest request, int id) throws IOException, Denied {
    String path = find(request);
    int flags = request.number();
    Optional<GuardedName> known = GuardedName.parse(path);
    if (files.size() + listings.size() >= MOST_OPEN) {
      throw Denied.failed("too many files are open");
    }
    if (known.isEmpty()) {
      throw flags == Flags.READ
          ? Denied.missing()
          : Denied.byRule("that is no name of a partial file of an archive");
    }
    GuardedFile file =
        switch (flags) {
          case Flags.READ -> folder.openToRead(known.get());
          case Flags.WRITE, Flags.READ | Flags.WRITE -> folder.openToChange(known.get());
          case Flags.WRITE | Flags.CREATE | Flags.EXCLUSIVE,
              Flags.READ | Flags.WRITE | Flags.CREATE | Flags.EXCLUSIVE ->
              folder.create(known.get());
          default ->
              throw Denied.byRule("files are made anew or changed, and not cut off or appended to");
        };
    files.put(++nextHandle, file);
    return handle(id);
  }

  private SftpReply handle(int id) throws IOException {
    byte[] handle = ByteBuffer.allocate(Integer.BYTES).putInt(nextHandle).array();
    return new SftpReply(Type.HANDLE, id).bytes(handle, handle.length);
  }

  private static int handle(SftpRequest request) throws IOException, Denied {
    ByteBuffer handle = request.bytes();
    if (handle.remaining() != Integer.BYTES) {
      throw noHandle();
    }
    return handle.getInt();
  }

  private static Denied noHandle() {
    return Denied.failed("that is not open");
  }

  private GuardedFile file(SftpRequest request) throws IOException, Denied {
    GuardedFile file = files.get(handle(request));
    if (file == null) {
      throw noHandle();
    }
    return file;
  }

  private SftpReply close(SftpRequest request, int id) throws IOException, Denied {
    int handle = handle(request);
    GuardedFile file = files.remove(handle);
    if (file != null) {
      file.close();
    } else if (listings.remove(handle) == null) {
      throw noHandle();
    }
    return ok(id);
  }

  private SftpReply read(SftpRequest request, int id) throws IOException, Denied {
    GuardedFile file = file(request);
    long position = request.longNumber();
    int wanted = (int) Math.min(Integer.toUnsignedLong(request.number()), MOST_READ);
    int count = position < 0 ? 0 : file.read(position, content, wanted);
    return count == 0 && wanted > 0
        ? status(id, END_OF_FILE, "End of file")
        : new SftpReply(Type.DATA, id).bytes(content, count);
  }

  private SftpReply write(SftpRequest request, int id) throws IOException, Denied {
    GuardedFile file = file(request);
    long position = request.longNumber();
    ByteBuffer bytes = request.bytes();
    file.write(position, bytes.array(), bytes.arrayOffset(), bytes.remaining());
    return ok(id);
  }

  private SftpReply stat(SftpRequest request, int id) throws IOException, Denied {
    String path = find(request);
    FileStatus status =
        path.equals(FolderPaths.FOLDER)
            ? folder.status()
            : folder.status(GuardedName.parse(path).orElseThrow(Denied::missing));
    return new SftpReply(Type.ATTRS, id).attributes(status);
  }

  private SftpReply statOpen(SftpRequest request, int id) throws IOException, Denied {
    return new SftpReply(Type.ATTRS, id).attributes(file(request).status());
  }

  /** The one thing that is set, of a partial file. */
  private SftpReply setSize(SftpRequest request, int id) throws IOException, Denied {
    GuardedFile file = file(request);
    if (request.number() != SIZE_ONLY) {
      throw Denied.byRule("only the size of a partial file can be set");
    }
    file.truncate(request.longNumber());
    return ok(id);
  }

  private void requireFolder(SftpRequest request) throws IOException, Denied {
    if (!find(request).equals(FolderPaths.FOLDER)) {
      throw Denied.missing();
    }
  }

  private SftpReply openFolder(SftpRequest request, int id) throws IOException, Denied {
    requireFolder(request);
    if (files.size() + listings.size() >= MOST_OPEN) {
      throw Denied.failed("too many files are open");
    }
    listings.put(++nextHandle, folder.list().iterator());
    return handle(id);
  }

  private SftpReply readFolder(SftpRequest request, int id) throws IOException, Denied {
    Iterator<GuardedFolder.Entry> rest = listings.get(handle(request));
    if (rest == null) {
      throw noHandle();
    }
    List<GuardedFolder.Entry> entries = new ArrayList<>();
    while (rest.hasNext() && entries.size() < MOST_NAMES) {
      entries.add(rest.next());
    }
    if (entries.isEmpty()) {
      return status(id, END_OF_FILE, "End of file");
    }
    SftpReply reply = new SftpReply(Type.NAME, id).number(entries.size());
    for (GuardedFolder.Entry entry : entries) {
      String name = entry.name().fileName();
      reply
          .text(name)
          .text("-rw------- 1 - - %15d %s".formatted(entry.status().size(), name))
          .attributes(entry.status());
    }
    return reply;
  }

  private SftpReply remove(SftpRequest request, int id) throws IOException, Denied {
    folder.remove(name(request));
    return ok(id);
  }

  private SftpReply realPath(SftpRequest request, int id) throws IOException, Denied {
    String name = find(request);
    String path =
        name.equals(FolderPaths.FOLDER)
            ? folder.path()
            : (folder.path().endsWith("/") ? folder.path() : folder.path() + "/") + name;
    return new SftpReply(Type.NAME, id).number(1).text(path).text(path).noAttributes();
  }

  private SftpReply rename(SftpRequest request, int id) throws IOException, Denied {
    Optional<GuardedName> from = GuardedName.parse(find(request));
    Optional<GuardedName> to = GuardedName.parse(find(request));
    if (from.isEmpty() || to.isEmpty()) {
      throw Denied.byRule("only a partial file can be renamed, to the name that it is for");
    }
    folder.publish(from.get(), to.get());
    return ok(id);
  }

  private SftpReply extended(SftpRequest request, int id) throws IOException, Denied {
    String name = request.text().orElseThrow(Denied::unsupported);
    return switch (name) {
      case FSYNC -> {
        file(request).sync();
        yield ok(id);
      }
      case STATVFS -> {
        requireFolder(request);
        yield space(id);
      }
      default -> throw Denied.unsupported();
    };
  }

  /** Of blocks and inodes no more than clients look at. */
  private SftpReply space(int id) throws IOException {
    GuardedFolder.Space space = folder.space();
    long free = space.free() / BLOCK;
    return new SftpReply(Type.EXTENDED_REPLY, id)
        .longNumber(BLOCK)
        .longNumber(BLOCK)
        .longNumber(space.total() / BLOCK)
        .longNumber(free)
        .longNumber(free)
        .longNumber(0)
        .longNumber(0)
        .longNumber(0)
        .longNumber(0)
        .longNumber(space.readOnly() ? READ_ONLY : 0)
        .longNumber(LONGEST_NAME);
  }

  @Override
  public void close() {
    files.values().forEach(GuardedFile::close);
    files.clear();
    listings.clear();
  }
}
