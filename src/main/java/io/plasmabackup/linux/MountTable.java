package io.plasmabackup.linux;

import io.plasmabackup.linux.FileStatus.DeviceNumber;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What is mounted where, in our mount namespace.
 *
 * @param mounts in the kernel's order: a later one at the same place hides an earlier one
 */
public record MountTable(List<Mount> mounts) {

  public MountTable {
    mounts = List.copyOf(mounts);
  }

  /** Reads the table of this process. */
  public static MountTable read() throws IOException {
    return parse(Files.readAllBytes(Path.of("/proc/self/mountinfo")));
  }

  /**
   * Reads the format of proc_pid_mountinfo(5).
   *
   * @throws IOException naming the line that is not of that format
   */
  static MountTable parse(byte[] mountinfo) throws IOException {
    List<Mount> mounts = new ArrayList<>();
    int start = 0;
    for (int end = 0; end < mountinfo.length; end++) {
      if (mountinfo[end] == '\n') {
        mounts.add(
            parseLine(new String(mountinfo, start, end - start, StandardCharsets.ISO_8859_1)));
        start = end + 1;
      }
    }
    if (start < mountinfo.length) {
      throw malformed(
          new String(mountinfo, start, mountinfo.length - start, StandardCharsets.ISO_8859_1));
    }
    return new MountTable(mounts);
  }

  /**
   * Latin-1 keeps every byte as one character, so that names of any bytes survive the splitting.
   */
  private static Mount parseLine(String line) throws IOException {
    String[] fields = line.split(" ", -1);
    int separator = 6;
    while (separator < fields.length && !fields[separator].equals("-")) {
      separator++;
    }
    String[] device = fields.length > 2 ? fields[2].split(":", -1) : fields;
    if (separator + 2 >= fields.length || device.length != 2) {
      throw malformed(line);
    }
    try {
      return new Mount(
          Long.parseLong(fields[0]),
          Long.parseLong(fields[1]),
          new DeviceNumber(Integer.parseInt(device[0]), Integer.parseInt(device[1])),
          unescape(fields[3]),
          unescape(fields[4]),
          fields[separator + 1],
          unescape(fields[separator + 2]));
    } catch (IllegalArgumentException notANumberOrNul) {
      throw malformed(line);
    }
  }

  private static IOException malformed(String line) {
    return new IOException(
        "/proc/self/mountinfo has a line of an unknown form: "
            + RawPath.wrap(line.getBytes(StandardCharsets.ISO_8859_1)));
  }

  /**
   * The kernel writes space, tab, newline, backslash and {@code #} as a backslash and three octal
   * digits.
   */
  private static RawPath unescape(String field) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(field.length());
    for (int i = 0; i < field.length(); i++) {
      if (field.charAt(i) == '\\' && isOctal(field, i + 1)) {
        bytes.write(Integer.parseInt(field.substring(i + 1, i + 4), 8));
        i += 3;
      } else {
        bytes.write(field.charAt(i));
      }
    }
    return RawPath.copyOf(bytes.toByteArray());
  }

  private static boolean isOctal(String field, int from) {
    if (from + 3 > field.length()) {
      return false;
    }
    for (int i = from; i < from + 3; i++) {
      if (field.charAt(i) < '0' || field.charAt(i) > '7') {
        return false;
      }
    }
    return field.charAt(from) <= '3';
  }

  /** The mount with this id; empty if it has come or gone since the table was read. */
  public Optional<Mount> byId(long id) {
    return mounts.stream().filter(mount -> mount.id() == id).findFirst();
  }

  /** The mounts at places strictly below {@code folder}, a canonical path. */
  public List<Mount> below(RawPath folder) {
    return mounts.stream()
        .filter(
            mount -> !mount.mountPoint().equals(folder) && mount.mountPoint().startsWith(folder))
        .toList();
  }
}
