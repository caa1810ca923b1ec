package io.plasmabackup.store.serve;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.linux.Fd;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.store.ArchiveName;
import io.plasmabackup.store.FileNames;
import io.plasmabackup.store.StoreProtocol;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Carries out, in one folder, what is asked for line by line, and answers in that order:
 * docs/store-protocol.md. Used by one thread.
 */
public final class FolderServer implements AutoCloseable {

  private final Fd folder;
  private final WriteGuard guard;
  private @Nullable SourceFile source;
  private @Nullable TargetFile target;

  private FolderServer(Fd folder, WriteGuard guard) {
    this.folder = folder;
    this.guard = guard;
  }

  /** Takes over an open folder. */
  public static FolderServer of(Fd folder, WriteGuard guard) {
    return new FolderServer(folder, guard);
  }

  /**
   * Opens a folder, which may be reached through links that the administrator made.
   *
   * @throws Failure with {@link ExitCode#STORAGE} if there is none
   */
  public static FolderServer open(Path path) throws Failure {
    try {
      return of(Fd.openDirectory(RawPath.of(path.toString())), WriteGuard.NONE);
    } catch (ErrnoException e) {
      throw new Failure(
          ExitCode.STORAGE,
          "cannot use the folder "
              + FileNames.shown(path.toString())
              + ": "
              + e.errno().description(),
          e);
    }
  }

  /**
   * Greets, and answers until there are no more requests.
   *
   * @param version of this program
   * @throws Failure with {@link ExitCode#USAGE} if something that isn't a request comes in; with
   *     {@link ExitCode#CONNECTION} if nobody takes the answers
   */
  public void serve(String version, InputStream requests, OutputStream answers) throws Failure {
    try {
      send(answers, new StoreProtocol.Greeting(StoreProtocol.NUMBER, version).line());
      InputStream in = new BufferedInputStream(requests);
      for (Optional<RequestLine> request = RequestLine.read(in);
          request.isPresent();
          request = RequestLine.read(in)) {
        send(answers, answer(request.get()));
      }
    } catch (RequestLine.Malformed e) {
      String why = String.valueOf(e.getMessage());
      sendLast(answers, failed(why));
      throw new Failure(ExitCode.USAGE, "this is no client of plasma-store: " + why, e);
    } catch (IOException e) {
      throw new Failure(ExitCode.CONNECTION, "cannot answer: " + e.getMessage(), e);
    }
  }

  private static void sendLast(OutputStream answers, String line) throws Failure {
    try {
      send(answers, line);
    } catch (IOException e) {
      throw new Failure(ExitCode.CONNECTION, "cannot answer: " + e.getMessage(), e);
    }
  }

  /** At once: whoever asks has room for a certain number of requests. */
  private static void send(OutputStream answers, String line) throws IOException {
    answers.write((line + "\n").getBytes(StandardCharsets.US_ASCII));
    answers.flush();
  }

  private static String failed(String why) {
    String line = StoreProtocol.FAILED + " " + FileNames.shown(why);
    return line.length() > StoreProtocol.MOST_LINE
        ? line.substring(0, StoreProtocol.MOST_LINE)
        : line;
  }

  private String answer(RequestLine request) throws IOException {
    try {
      return switch (request.verb()) {
        case StoreProtocol.SOURCE -> source(request);
        case StoreProtocol.TARGET -> target(request);
        case StoreProtocol.COPY -> copy(request);
        case StoreProtocol.CHECK -> check(request);
        case StoreProtocol.DIGEST -> digest(request);
        default -> throw new RequestLine.Malformed("there is no such request");
      };
    } catch (RequestLine.Malformed e) {
      throw e;
    } catch (IOException e) {
      return failed(String.valueOf(e.getMessage()));
    }
  }

  private String source(RequestLine request) throws RequestLine.Malformed, ErrnoException, Refused {
    request.requireArguments(3);
    long size = request.number(2);
    long modified = request.number(3);
    ArchiveName name = archive(request.argument(1));
    if (source != null) {
      throw new Refused("there is a source already");
    }
    SourceFile opened = SourceFile.open(folder, name, size, modified);
    source = opened;
    return opened.isShareable(folder) ? StoreProtocol.OK_SHARES : StoreProtocol.OK_COPIES;
  }

  private String target(RequestLine request) throws RequestLine.Malformed, ErrnoException, Refused {
    request.requireArguments(1);
    ArchiveName name = archive(request.argument(1));
    if (target != null) {
      throw new Refused("there is a target already");
    }
    target = TargetFile.open(folder, name);
    return StoreProtocol.OK;
  }

  private static ArchiveName archive(String name) throws Refused {
    return ArchiveName.parse(name)
        .orElseThrow(() -> new Refused("that is not the name of an archive"));
  }

  private String copy(RequestLine request) throws IOException {
    request.requireArguments(3);
    long from = request.number(1);
    long length = request.length(2);
    long at = request.number(3);
    if (source == null) {
      throw new Refused("there is no source yet");
    }
    CopiedBytes copied = source.copyTo(requireTarget(), from, length, at, guard);
    return StoreProtocol.OK + " " + copied.shared() + " " + copied.copied();
  }

  private String check(RequestLine request) throws RequestLine.Malformed, ErrnoException, Refused {
    request.requireArguments(2);
    long length = request.length(1);
    byte[] sha256 = request.sha256(2);
    return requireTarget().check(length, sha256) ? StoreProtocol.OK : StoreProtocol.DIFFERS;
  }

  private String digest(RequestLine request) throws RequestLine.Malformed, Refused {
    request.requireArguments(0);
    TargetFile file = requireTarget();
    return StoreProtocol.OK + " " + file.checked() + " " + HexFormat.of().formatHex(file.sha256());
  }

  private TargetFile requireTarget() throws Refused {
    if (target == null) {
      throw new Refused("there is no target yet");
    }
    return target;
  }

  @Override
  public void close() {
    if (source != null) {
      source.close();
    }
    if (target != null) {
      target.close();
    }
    folder.close();
  }
}
