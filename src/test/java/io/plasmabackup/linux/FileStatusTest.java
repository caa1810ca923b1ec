package io.plasmabackup.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.plasmabackup.linux.FileStatus.DeviceNumber;
import io.plasmabackup.linux.FileStatus.FileId;
import io.plasmabackup.linux.FileStatus.Timestamp;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FileStatusTest {

  private static FileStatus ofMode(String octal) {
    DeviceNumber device = new DeviceNumber(0, 1);
    Timestamp time = new Timestamp(0, 0);
    return new FileStatus(
        new FileId(device, 1), Integer.parseInt(octal, 8), 1, 0, 0, 0, 0, time, time, device, 1, 0);
  }

  /** The numbers of inode(7). */
  @ParameterizedTest
  @CsvSource({
    "140777, SOCKET",
    "120777, SYMBOLIC_LINK",
    "100644, REGULAR",
    "060660, BLOCK_DEVICE",
    "040755, DIRECTORY",
    "020666, CHARACTER_DEVICE",
    "010600, FIFO"
  })
  void typeIsPartOfTheMode(String mode, FileStatus.Type type) {
    assertThat(ofMode(mode).type()).isEqualTo(type);
    assertThat(ofMode(mode).isDirectory()).isEqualTo(type == FileStatus.Type.DIRECTORY);
  }

  @Test
  void permissionsHaveTheSpecialBitsAndNoType() {
    assertThat(ofMode("107777").permissions()).isEqualTo(07777);
    assertThat(ofMode("040000").permissions()).isZero();
  }

  @Test
  void unknownTypeIsTold() {
    assertThatIllegalStateException()
        .isThrownBy(() -> ofMode("150644").type())
        .withMessage("a file of an unknown type: mode 150644");
  }
}
