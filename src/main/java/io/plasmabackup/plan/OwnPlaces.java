package io.plasmabackup.plan;

import io.plasmabackup.linux.RawPath;
import java.util.List;
import java.util.Optional;

/**
 * Local places that a run writes to, and that would make an archive grow by itself if they were in
 * it.
 *
 * @param store canonical path of the folder that archives are stored in, if that is local
 * @param tempfiles paths of temporary files, through a folder's canonical path
 */
public record OwnPlaces(Optional<RawPath> store, List<RawPath> tempfiles) {

  public OwnPlaces {
    tempfiles = List.copyOf(tempfiles);
  }
}
