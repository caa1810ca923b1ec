package io.plasmabackup.store.guard;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.store.ArchiveName;
import io.plasmabackup.store.guard.OfferedCommand.Digest;
import io.plasmabackup.store.guard.OfferedCommand.DigestMeanwhile;
import io.plasmabackup.store.guard.OfferedCommand.Echo;
import io.plasmabackup.store.guard.OfferedCommand.Rotate;
import io.plasmabackup.store.guard.OfferedCommand.Serve;
import io.plasmabackup.store.guard.OfferedCommand.Sftp;
import io.plasmabackup.store.guard.OfferedCommand.Verify;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OfferedCommandTest {

  private static final String NAME = "20260512-0900-daily.tar";
  private static final String PART = ".20260512-0900-daily.tar.part";

  private final FolderPaths paths =
      FolderPaths.of(Path.of("/data/it's here"), Path.of("/data/it's here"), Path.of("/home/p"));

  private static final String FOLDER = "'/data/it'\\''s here'";

  private OfferedCommand command(String original) {
    return OfferedCommand.of(original, paths).orElseThrow();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "internal-sftp",
        "internal-sftp -f AUTH -l INFO -d /elsewhere",
        "/usr/lib/openssh/sftp-server",
        "/usr/libexec/sftp-server -l VERBOSE",
        "sftp-server"
      })
  void sftpIsWhateverSshdsConfigurationCallsIt(String original) {
    assertThat(command(original)).isEqualTo(new Sftp());
  }

  @Test
  void whatTheAgentAsksFor() {
    assertThat(command("echo 0123abcDEF")).isEqualTo(new Echo("0123abcDEF"));
    assertThat(command("plasma-store serve " + FOLDER)).isEqualTo(new Serve());
    assertThat(command("plasma-rotate " + FOLDER)).isEqualTo(new Rotate());
    ArchiveName archive = ArchiveName.parse(NAME).orElseThrow();
    assertThat(command("plasma-restore verify --json --from " + FOLDER + " -- " + NAME))
        .isEqualTo(new Verify(archive, false));
    assertThat(command("plasma-restore verify --json --from " + FOLDER + " --quick -- " + NAME))
        .isEqualTo(new Verify(archive, true));
    String file = "/data/it's here/" + PART;
    String quoted = "'/data/it'\\''s here/" + PART + "'";
    assertThat(command("openssl dgst -sha256 -r " + quoted)).isEqualTo(new Digest(PART, file, "*"));
    assertThat(command("sha256sum -- " + quoted)).isEqualTo(new Digest(PART, file, " "));
    assertThat(command("sh -c 'exec 3<\"$1\" || exit\n{ rm -rf /; }' plasma-digest " + quoted))
        .isEqualTo(new DigestMeanwhile(PART));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "''",
        "sh",
        "bash -i",
        "rm -rf /",
        "cat /etc/passwd",
        "scp -t /tmp",
        "rsync --server . /tmp",
        "internal-sftp; id",
        "internal-sftp&&id",
        "internal-sftp | id",
        "internal-sftp $(id)",
        "internal-sftp `id`",
        "internal-sftp > /tmp/x",
        "internal-sftp\nid",
        "internal-sftp\tx",
        "internal-sftp \"x\"",
        "internal-sftp 'x",
        "internal-sftp \\x",
        "internal-sftp *",
        "internal-sftp é",
        "../sftp-server",
        "/tmp/evil-sftp-server",
        "echo",
        "echo -e x",
        "echo a b",
        "echo a;id",
        "plasma-store",
        "plasma-store serve",
        "plasma-store serve /data",
        "plasma-store serve / /",
        "plasma-store --keep-free 0 /",
        "plasma-rotate",
        "plasma-rotate --dry-run /",
        "plasma-rotate / /etc",
        "plasma-rotate /etc",
        "plasma-restore verify --json --from /etc -- 20260512-0900-daily.tar",
        "plasma-restore verify --json --from / -- ../x",
        "plasma-restore verify --json --from / --config -- 20260512-0900-daily.tar",
        "plasma-restore verify --json --from / --quick --quick -- 20260512-0900-daily.tar",
        "plasma-restore extract --json --from / -- 20260512-0900-daily.tar",
        "openssl dgst -sha256 -r /etc/shadow",
        "openssl dgst -sha256 -r /notes.txt",
        "openssl dgst -md5 -r /20260512-0900-daily.tar",
        "openssl enc -d -in /20260512-0900-daily.tar",
        "sha256sum /20260512-0900-daily.tar",
        "sha256sum -- /etc/shadow",
        "sh -c id",
        "sh -c id plasma-digest /etc/shadow",
        "sh -c id other /20260512-0900-daily.tar",
        "sh -x id plasma-digest /20260512-0900-daily.tar",
        "sudo plasma-rotate /",
      })
  void nothingElse(String original) {
    assertThat(OfferedCommand.of(original, paths)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "plasma-store --version",
        "plasma-rotate --version",
        "plasma-restore --version",
        "sha256sum --version",
        "openssl version"
      })
  void versionsMayBeAskedFor(String original) {
    assertThat(command(original)).isEqualTo(new OfferedCommand.Version());
  }

  @Test
  void wordsAreThoseThatAShellWouldMake() {
    assertThat(CommandWords.of("a  'b c' d'\\''e ''f ''")).isEmpty();
    assertThat(CommandWords.of("a  'b c' 'd'\\''e' ''f ''"))
        .contains(List.of("a", "b c", "d'e", "f", ""));
    assertThat(CommandWords.of("x".repeat(17_000))).isEmpty();
    assertThat(CommandWords.of("a\0b")).isEmpty();
  }
}
