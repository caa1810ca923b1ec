package io.plasmabackup.archive;

/** A plain tar. */
record TarContainer() implements Container {

  @Override
  public String name() {
    return "none";
  }

  @Override
  public String packing() {
    return name();
  }

  @Override
  public int gapInTar(long tarPosition) {
    return Gap.before(tarPosition);
  }

  @Override
  public byte[] filler(long position) {
    return Gap.of(Gap.before(position));
  }

  @Override
  public byte[] trailer() {
    return new byte[Format.TRAILER];
  }

  @Override
  public boolean holdsFilesAsTheyAre() {
    return true;
  }

  @Override
  public Assembly assembly() {
    return new TarAssembly();
  }
}
