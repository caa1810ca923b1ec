package io.plasmabackup.rotate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plasmabackup.store.Label;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PolicyTest {

  @Test
  void eachLabelHasItsOwnNumber() {
    Policy policy = new Policy(5, 3, 2);

    assertThat(Label.values()).extracting(policy::keep).containsExactly(5, 3, 2);
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, Integer.MIN_VALUE, 100_001, Integer.MAX_VALUE})
  void numbersOutsideTheRangeAreADefect(int number) {
    assertThatThrownBy(() -> new Policy(number, 0, 0)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Policy(0, number, 0)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Policy(0, 0, number)).isInstanceOf(IllegalArgumentException.class);
  }
}
