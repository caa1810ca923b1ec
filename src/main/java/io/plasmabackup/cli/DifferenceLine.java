package io.plasmabackup.cli;

import io.plasmabackup.compare.Difference;
import io.plasmabackup.compare.Difference.Detail;
import java.util.stream.Collectors;

/** How a difference is shown to people. */
final class DifferenceLine {

  private DifferenceLine() {}

  static String of(Difference difference) {
    String name = difference.name().isEmpty() ? "/" : difference.name().toString();
    return "%-10s  %s%s"
        .formatted(
            difference.change().text(),
            name,
            difference.details().stream()
                .map(DifferenceLine::of)
                .collect(Collectors.joining(", ", difference.details().isEmpty() ? "" : ": ", "")));
  }

  private static String of(Detail detail) {
    if (detail.archived().isEmpty()) {
      return detail.present().isEmpty() ? detail.what() : detail.present();
    }
    return detail.what() + " " + detail.archived() + " -> " + detail.present();
  }
}
