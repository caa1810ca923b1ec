package io.plasmabackup.extract;

import io.plasmabackup.linux.RawPath;
import io.plasmabackup.tar.TarMember;
import java.util.HashMap;
import java.util.Map;

/** A member's extended attributes as the kernel has them, once it is extracted in full. */
public final class KernelAttributes {

  static final RawPath ACCESS_ACL = RawPath.of("system.posix_acl_access");
  static final RawPath DEFAULT_ACL = RawPath.of("system.posix_acl_default");

  private KernelAttributes() {}

  /** Its attributes and ACLs; without an ACL that is not as acl(5) has them. */
  public static Map<RawPath, byte[]> of(TarMember member) {
    if (member.accessAcl().isEmpty() && member.defaultAcl().isEmpty()) {
      return member.attributes();
    }
    Map<RawPath, byte[]> attributes = new HashMap<>(member.attributes());
    member
        .accessAcl()
        .flatMap(AclText::attribute)
        .ifPresent(value -> attributes.put(ACCESS_ACL, value));
    member
        .defaultAcl()
        .flatMap(AclText::attribute)
        .ifPresent(value -> attributes.put(DEFAULT_ACL, value));
    return attributes;
  }
}
