package io.plasmabackup.extract;

import io.plasmabackup.linux.RawPath;

/**
 * Counts what becomes of members, and passes on what isn't as it should be, one thing at a time:
 * for several threads.
 */
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

  synchronized void made() {
    made++;
  }

  synchronized void present() {
    present++;
  }

  synchronized void wrote(long count) {
    bytes += count;
  }

  synchronized void kept(RawPath name, String why) {
    kept++;
    observer.kept(name, why);
  }

  synchronized void refused(RawPath name, String why) {
    refused++;
    observer.refused(name, why);
  }

  synchronized void incomplete(RawPath name, String what) {
    incomplete++;
    observer.incomplete(name, what);
  }

  synchronized Extracted soFar() {
    return new Extracted(made, present, kept, refused, incomplete, bytes);
  }
}
