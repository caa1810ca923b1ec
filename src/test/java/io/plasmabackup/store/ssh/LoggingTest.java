package io.plasmabackup.store.ssh;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.sshd.client.SshClient;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class LoggingTest {

  @Test
  void libraryKeepsQuiet() {
    assertThat(LoggerFactory.getLogger(SshClient.class).isErrorEnabled()).isFalse();
    assertThat(LoggerFactory.getLogger(Sftp.class).isErrorEnabled()).isFalse();
  }
}
