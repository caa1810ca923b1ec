package io.plasmabackup.plan;

import io.plasmabackup.linux.RawPath;
import java.util.List;

/**
 * Local places that a run writes to, and that would make an archive grow by itself if they were in
 * it.
 *
 * @param stores canonical paths of the folders that archives are stored in, as far as those are
 *     local
 * @param notes paths of what runs keep for themselves, through a folder's canonical path: temporary
 *     files and journals
 */
public record OwnPlaces(List<RawPath> stores, List<RawPath> notes) {

  public OwnPlaces {
    stores = List.copyOf(stores);
    notes = List.copyOf(notes);
  }
}
