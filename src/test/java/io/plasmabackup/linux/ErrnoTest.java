package io.plasmabackup.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Field;
import org.junit.jupiter.api.Test;

class ErrnoTest {

  @Test
  void everyConstantHasItsName() throws IllegalAccessException {
    int constants = 0;
    for (Field field : Errno.class.getFields()) {
      assertThat(((Errno) field.get(null)).name()).isEqualTo(field.getName());
      constants++;
    }
    assertThat(constants).isGreaterThan(20);
  }

  @Test
  void otherNumbersAreShownAsSuch() {
    assertThat(new Errno(4000).name()).isEqualTo("errno 4000");
    assertThat(new Errno(4000).description()).contains("4000");
  }

  @Test
  void isShownInTheLibrarysWordsAndByName() {
    assertThat(Errno.ENOSPC.toString())
        .isEqualTo(Errno.ENOSPC.description() + " (ENOSPC)")
        .hasSizeGreaterThan("() (ENOSPC)".length());
    assertThat(Errno.ENOSPC.description()).isNotEqualTo(Errno.EIO.description());
  }

  @Test
  void exceptionNamesOperationSubjectAndReason() {
    ErrnoException e = new ErrnoException("create the snapshot", "/a of /b", Errno.EROFS);

    assertThat(e).hasMessage("cannot create the snapshot /a of /b: " + Errno.EROFS);
    assertThat(e.operation()).isEqualTo("create the snapshot");
    assertThat(e.subject()).isEqualTo("/a of /b");
    assertThat(e.is(new Errno(30))).isTrue();
    assertThat(e.is(Errno.EPERM)).isFalse();
  }
}
