package io.plasmabackup.store.guard;

import io.plasmabackup.store.StoreProtocol;

/** A request that is understood and not carried out. */
final class Denied extends Exception {

  private static final long serialVersionUID = 1;

  private final Status status;

  /** Of SFTP, version 3. */
  enum Status {
    NO_SUCH_FILE(2),
    PERMISSION_DENIED(3),
    FAILURE(4),
    OP_UNSUPPORTED(8);

    private final int number;

    Status(int number) {
      this.number = number;
    }

    int number() {
      return number;
    }
  }

  private Denied(Status status, String why) {
    super(why);
    this.status = status;
  }

  /** Against the rules. */
  static Denied byRule(String why) {
    return new Denied(Status.PERMISSION_DENIED, StoreProtocol.SAYS + why);
  }

  /** Nothing of that name is there, or nothing that is any of the client's business. */
  static Denied missing() {
    return new Denied(Status.NO_SUCH_FILE, "No such file");
  }

  /** As things are, it can't be done. */
  static Denied failed(String why) {
    return new Denied(Status.FAILURE, StoreProtocol.SAYS + why);
  }

  static Denied unsupported() {
    return new Denied(Status.OP_UNSUPPORTED, StoreProtocol.SAYS + "this is not offered here");
  }

  Status status() {
    return status;
  }

  @Override
  public String getMessage() {
    return String.valueOf(super.getMessage());
  }
}
