package io.plasmabackup.extract;

import io.plasmabackup.linux.RawPath;

/** Counts what becomes of members, and passes on what isn't as it should be. */
final class Tally {

  private final Observer observer;
  private long made;
  private long present;
  private long kept;
  private long refused;
  private long incomplete;
  private long bytes;

  Tally(Observer observer) {
    this.observer = observer;
  }

  void made() {
    made++;
  }

  void present() {
    present++;
  }

  void wrote(long count) {
    bytes += count;
  }

  void kept(RawPath name, String why) {
    kept++;
    observer.kept(name, why);
  }

  void refused(RawPath name, String why) {
    refused++;
    observer.refused(name, why);
  }

  void incomplete(RawPath name, String what) {
    incomplete++;
    observer.incomplete(name, what);
  }

  Extracted soFar() {
    return new Extracted(made, present, kept, refused, incomplete, bytes);
  }
}
