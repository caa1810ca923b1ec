package io.plasmabackup.extract;

/**
 * What a file or directory has got right by having been created, so that it needn't be set.
 *
 * @param owner owner and group
 */
record Created(boolean owner, boolean permissions) {

  static final Created NOTHING = new Created(false, false);
}
