package io.plasmabackup.linux;

import io.plasmabackup.bindings.Native;
import io.plasmabackup.bindings.iovec;
import io.plasmabackup.bindings.msghdr;
import io.plasmabackup.bindings.sockaddr_un;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * A service manager's datagram socket, to which a service says how it is getting on: {@code
 * sd_notify(3)}, {@code unix(7)}. Used by one thread at a time.
 */
public final class NotifySocket implements AutoCloseable {

  private static final int NUMBER_OF_NONE = -1;

  private final String address;
  private int number;

  private NotifySocket(String address, int number) {
    this.address = address;
    this.number = number;
  }

  /**
   * Opens a socket to speak from.
   *
   * @param address of the manager's socket, as {@code $NOTIFY_SOCKET} has it: an absolute path, or
   *     a name in the abstract namespace after an {@code @}
   * @return empty if it is of another kind, or longer than an address can be
   * @throws ErrnoException if there can't be a socket
   */
  public static Optional<NotifySocket> open(String address) throws ErrnoException {
    byte[] bytes = address.getBytes(StandardCharsets.UTF_8);
    // One byte stays for the NUL behind a path.
    if (!(address.startsWith("/") || address.startsWith("@"))
        || bytes.length >= sockaddr_un.sun_path$layout().byteSize()) {
      return Optional.empty();
    }
    Scratch scratch = Scratch.get();
    int number =
        LibC.socket(
            scratch.state, Native.AF_UNIX(), Native.SOCK_DGRAM() | Native.SOCK_CLOEXEC(), 0);
    if (number < 0) {
      throw new ErrnoException("open", "a socket", scratch.errno());
    }
    return Optional.of(new NotifySocket(address, number));
  }

  /**
   * Sends one datagram: assignments, a line each. Waits for the manager where its queue is full.
   *
   * @throws ErrnoException if nobody is there to take it
   */
  public void send(String assignments) throws ErrnoException {
    byte[] bytes = assignments.getBytes(StandardCharsets.UTF_8);
    byte[] path = address.getBytes(StandardCharsets.UTF_8);
    Scratch scratch = Scratch.get();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment message = arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes);
      MemorySegment target = arena.allocate(sockaddr_un.layout());
      sockaddr_un.sun_family(target, (short) Native.AF_UNIX());
      MemorySegment name = sockaddr_un.sun_path(target);
      MemorySegment.copy(path, 0, name, ValueLayout.JAVA_BYTE, 0, path.length);
      boolean isAbstract = path[0] == '@';
      if (isAbstract) {
        name.set(ValueLayout.JAVA_BYTE, 0, (byte) 0);
      }
      // Of a name in the abstract namespace every byte counts, also a NUL at its end.
      long length = sockaddr_un.sun_path$offset() + path.length + (isAbstract ? 0 : 1);
      MemorySegment part = arena.allocate(iovec.layout());
      iovec.iov_base(part, message);
      iovec.iov_len(part, bytes.length);
      MemorySegment whole = arena.allocate(msghdr.layout());
      msghdr.msg_name(whole, target);
      msghdr.msg_namelen(whole, (int) length);
      msghdr.msg_iov(whole, part);
      msghdr.msg_iovlen(whole, 1);
      if (LibC.sendmsg(scratch.state, number, whole, Native.MSG_NOSIGNAL()) < 0) {
        throw new ErrnoException("send to", address, scratch.errno());
      }
    }
  }

  @Override
  public void close() {
    if (number != NUMBER_OF_NONE) {
      LibC.close(Scratch.get().state, number);
      number = NUMBER_OF_NONE;
    }
  }
}
