package io.plasmabackup.walk;

/** The data of a small file of a live folder that was read when its entry was made. */
record ReadContent(OpenBytes data) implements Content {

  @Override
  public OpenContent open() {
    return data;
  }

  @Override
  public boolean isLive() {
    return true;
  }
}
