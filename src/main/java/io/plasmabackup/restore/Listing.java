package io.plasmabackup.restore;

import io.plasmabackup.archive.IndexLine.Member;
import io.plasmabackup.linux.RawPath;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is to be seen at a path, found by looking at all members in turn: of a directory, what is
 * directly in it; of anything else, itself. Of a path that is no member, but has members below,
 * those that are in no directory of the archive.
 */
final class Listing {

  private final RawPath path;
  private @Nullable Member self;
  private final List<Member> children = new ArrayList<>();

  /** Of those below that were seen so far, those that were in none of the others. */
  private final Map<RawPath, Member> topmost = new LinkedHashMap<>();

  Listing(RawPath path) {
    this.path = path;
  }

  void see(Member member) {
    RawPath name = member.name();
    if (!name.startsWith(path)) {
      return;
    }
    if (name.equals(path)) {
      self = member;
      return;
    }
    if (name.parent().equals(path)) {
      children.add(member);
    }
    if (self == null && !isInOther(name)) {
      topmost.put(name, member);
    }
  }

  private boolean isInOther(RawPath name) {
    for (RawPath above = name.parent(); isBelow(above); above = above.parent()) {
      if (topmost.containsKey(above)) {
        return true;
      }
    }
    return false;
  }

  private boolean isBelow(RawPath name) {
    return name.length() > path.length();
  }

  /** In the archive's order; empty if there is nothing at the path. */
  List<Member> members() {
    if (self != null) {
      return self.type() == Member.Type.DIRECTORY ? children : List.of(self);
    }
    // A directory may come after what is in it.
    return topmost.values().stream().filter(member -> !isInOther(member.name())).toList();
  }
}
