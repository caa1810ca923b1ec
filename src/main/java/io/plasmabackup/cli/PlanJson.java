package io.plasmabackup.cli;

import io.plasmabackup.archive.ArchiveSize;
import io.plasmabackup.btrfs.SubvolumeInfo;
import io.plasmabackup.cli.PartSizes.PartSize;
import io.plasmabackup.linux.Mount;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.plan.Plan;
import io.plasmabackup.plan.Plan.FromSnapshot;
import io.plasmabackup.plan.Plan.Live;
import io.plasmabackup.plan.Plan.NotRead;
import io.plasmabackup.plan.Plan.Part;
import io.plasmabackup.plan.Plan.Target;
import io.plasmabackup.store.ArchiveName;
import io.plasmabackup.store.ArchiveName.Suffix;
import io.plasmabackup.walk.LeftOut;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import tools.jackson.core.JsonGenerator;

/**
 * Shows a plan to a machine: what {@code plasma-agent --dry-run --json} writes, as the README
 * describes it. Keys may be added, and are neither removed nor given another meaning. A path that
 * is not well-formed UTF-8 is in base64, under its key with {@code Base64} appended.
 */
final class PlanJson {

  private static final RawPath ROOT = RawPath.of("/");

  private final JsonGenerator json;

  private PlanJson(JsonGenerator json) {
    this.json = json;
  }

  /** One line of ASCII, whatever the encoding of the terminal. */
  static String of(
      Plan plan, Suffix suffix, String location, PartSizes sizes, ArchiveSize archive) {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = AsciiJson.to(text)) {
      new PlanJson(json).write(plan, suffix, location, sizes, archive);
    }
    return text.toString();
  }

  private void write(
      Plan plan, Suffix suffix, String location, PartSizes sizes, ArchiveSize archive) {
    json.writeStartObject();
    json.writeStringProperty("run", plan.runId());
    json.writeStringProperty("time", plan.time().toInstant().toString());
    json.writeStringProperty(
        "archive", ArchiveName.of(plan.time().toLocalDateTime(), suffix).fileName());
    json.writeStringProperty("storage", location);
    json.writeStringProperty("strategy", plan.strategy().text());
    json.writeArrayPropertyStart("folders");
    for (Target target : plan.targets()) {
      json.writeStartObject();
      path("folder", target.folder());
      json.writeArrayPropertyStart("parts");
      target.parts().forEach(part -> part(part, sizes));
      json.writeEndArray();
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeArrayPropertyStart("leftOut");
    for (LeftOut left : sizes.leftOut()) {
      json.writeStartObject();
      path("path", ROOT.resolve(left.name()));
      json.writeStringProperty("reason", left.reason().text());
      json.writeStringProperty("why", left.why());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeArrayPropertyStart("warnings");
    plan.warnings().forEach(json::writeString);
    json.writeEndArray();
    json.writeNumberProperty("entries", archive.members());
    json.writeNumberProperty("dataBytes", archive.dataBytes());
    json.writeNumberProperty("tarBytes", archive.bytes());
    if (suffix == Suffix.TAR) {
      json.writeNumberProperty("archiveBytes", archive.bytes());
    }
    json.writeEndObject();
  }

  private void part(Part part, PartSizes sizes) {
    json.writeStartObject();
    path("path", part.path());
    switch (part.reading()) {
      case FromSnapshot snapshot -> {
        json.writeStringProperty("read", "snapshot");
        path("snapshot", snapshot.snapshot().path());
      }
      case Live live -> json.writeStringProperty("read", "live");
      case NotRead notRead -> {
        json.writeStringProperty("read", "no");
        json.writeStringProperty("reason", notRead.reason().text());
        json.writeStringProperty("why", notRead.why());
      }
    }
    mount(part.mount());
    part.subvolume().ifPresent(this::subvolume);
    if (!(part.reading() instanceof NotRead)) {
      PartSize size = sizes.of(part);
      json.writeNumberProperty("entries", size.entries());
      json.writeNumberProperty("dataBytes", size.dataBytes());
    }
    json.writeEndObject();
  }

  private void mount(Mount mount) {
    json.writeObjectPropertyStart("mount");
    path("at", mount.mountPoint());
    json.writeStringProperty("type", mount.type());
    path("source", mount.source());
    path("root", mount.root());
    json.writeStringProperty("device", mount.device().toString());
    json.writeEndObject();
  }

  private void subvolume(SubvolumeInfo subvolume) {
    json.writeObjectPropertyStart("subvolume");
    json.writeNumberProperty("id", subvolume.id());
    json.writeStringProperty("uuid", subvolume.uuid().toString());
    json.writeNumberProperty("generation", subvolume.generation());
    json.writeBooleanProperty("readOnly", subvolume.readOnly());
    json.writeEndObject();
  }

  private void path(String key, RawPath path) {
    if (path.isUtf8()) {
      json.writeName(key);
      byte[] bytes = path.toBytes();
      json.writeString(new String(bytes, StandardCharsets.UTF_8));
    } else {
      json.writeStringProperty(key + "Base64", Base64.getEncoder().encodeToString(path.toBytes()));
    }
  }
}
