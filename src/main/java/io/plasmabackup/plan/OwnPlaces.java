package io.plasmabackup.plan;

import io.plasmabackup.linux.RawPath;
import java.util.List;
import java.util.Optional;

/**
 * Local places that a run writes to, and that would make an archive grow by itself if they were in
 * it.
 *
 * @param store canonical path of the folder that archives are stored in, if that is local
 * @param notes paths of what runs keep for themselves, through a folder's canonical path: temporary
 *     files and journals
 */
public record OwnPlaces(Optional<RawPath> store, List<RawPath> notes) {

  public OwnPlaces {
    notes = List.copyOf(notes);
  }
}
