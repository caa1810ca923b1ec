package io.plasmabackup;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.plasmabackup.testing.Command;
import io.plasmabackup.testing.Command.Result;
import io.plasmabackup.testing.Requires;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.core.json.JsonFactory;

/**
 * The scripts that look at what we stand on, and the page about it. The list of what is in the
 * product, with all that libraries bring along, is compared with the page by {@code scripts/build}.
 */
class SupplyChainTest {

  private static final Path REPOSITORY = Path.of("..").toAbsolutePath().normalize();
  private static final Pattern DEPENDENCY =
      Pattern.compile(
          "<dependency>\\s*<groupId>(.*?)</groupId>\\s*<artifactId>(.*?)</artifactId>(.*?)</dependency>",
          Pattern.DOTALL);
  private static final Pattern ROW = Pattern.compile("(?m)^\\| `([^`]+)` \\|");

  private static final String SBOM =
      """
      {"components": [
        {"group": "io.plasmabackup", "name": "plasma-bindings", "purl": "pkg:maven/io.plasmabackup/plasma-bindings@1?type=jar"},
        {"group": "org.good", "name": "good", "purl": "pkg:maven/org.good/good@1.0?type=jar",
         "licenses": [{"license": {"id": "MIT"}}]},
        {"group": "org.bad", "name": "bad", "purl": "pkg:maven/org.bad/bad@2.0?type=jar",
         "licenses": [{"license": {"id": "%s"}}]}
      ]}
      """;

  @TempDir private Path folder;
  private Path sbom = Path.of("");
  private final Map<String, String> answers = new HashMap<>();
  private final List<String> requests = new ArrayList<>();
  private final HttpServer server = start();

  private HttpServer start() {
    try {
      HttpServer started =
          HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      started.createContext("/", this::answer);
      started.start();
      return started;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private void answer(HttpExchange exchange) throws IOException {
    String request =
        exchange.getRequestMethod()
            + " "
            + exchange.getRequestURI()
            + " "
            + new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    requests.add(request.strip());
    String answer =
        answers.entrySet().stream()
            .filter(known -> request.startsWith(known.getKey()))
            .map(Map.Entry::getValue)
            .findFirst()
            .orElse("");
    byte[] bytes = answer.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(
        answer.isEmpty() ? 404 : 200, bytes.length == 0 ? -1 : bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  @BeforeEach
  void write() throws IOException {
    sbom = folder.resolve("sbom.json");
    Files.writeString(sbom, SBOM.formatted("Apache-2.0"));
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private Result vulnerabilities(String url) {
    Requires.tool("python3");
    return Command.attempt(
        "env",
        "OSV_URL=" + url,
        REPOSITORY.resolve("scripts/vulnerabilities").toString(),
        sbom.toString());
  }

  private Result vulnerabilities() {
    return vulnerabilities("http://127.0.0.1:" + server.getAddress().getPort());
  }

  @Test
  void aKnownVulnerabilityIsNamedWithItsLibraryAndItsFix() {
    answers.put(
        "POST /v1/querybatch {\"queries\": [{\"package\": {\"purl\": \"pkg:maven/org.bad/bad@2.0\"}}, {",
        """
        {"results": [{"vulns": [{"id": "GHSA-1", "modified": "2026-01-01T00:00:00Z"}], "next_page_token": "more"}, {}]}
        """);
    answers.put(
        "POST /v1/querybatch {\"queries\": [{\"package\": {\"purl\": \"pkg:maven/org.bad/bad@2.0\"}, \"page_token\": \"more\"}]}",
        "{\"results\": [{\"vulns\": [{\"id\": \"GHSA-2\"}, {\"id\": \"GHSA-3\"}]}]}");
    answers.put(
        "GET /v1/vulns/GHSA-1 ",
        """
        {"id": "GHSA-1", "summary": "Reads too much", "aliases": ["CVE-2026-1"], "affected": [
          {"package": {"ecosystem": "Maven", "name": "org.bad:bad", "purl": "pkg:maven/org.bad/bad"},
           "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.1"}]}]}]}
        """);
    answers.put(
        "GET /v1/vulns/GHSA-2 ", "{\"id\": \"GHSA-2\", \"summary\": \"Still open\\u001b\"}");
    answers.put(
        "GET /v1/vulns/GHSA-3 ", "{\"id\": \"GHSA-3\", \"withdrawn\": \"2026-02-01T00:00:00Z\"}");

    Result result = vulnerabilities();

    assertThat(result.output())
        .as("%s", requests)
        .isEqualTo(
            """
            org.bad/bad@2.0: GHSA-1 CVE-2026-1 Reads too much; fixed in 2.1
            org.bad/bad@2.0: GHSA-2 Still open?; no fix is known
            2 libraries, 2 known vulnerabilities\
            """);
    assertThat(result.status()).isEqualTo(1);
    assertThat(requests).noneMatch(request -> request.contains("plasma-bindings"));
  }

  @Test
  void noneIsKnown() {
    answers.put("POST /v1/querybatch ", "{\"results\": [{}, {}]}");

    assertThat(vulnerabilities()).isEqualTo(new Result(0, "2 libraries, no known vulnerabilities"));
  }

  @Test
  void whatCannotBeAskedIsNotTakenForGood() throws IOException {
    assertThat(vulnerabilities().output())
        .endsWith("/v1/querybatch answers 404 Not Found; nothing was checked");

    answers.put("POST /v1/querybatch ", "{\"results\": [{}]}");
    assertThat(vulnerabilities().output()).endsWith(" answers 1 of 2 queries; nothing was checked");

    answers.put("POST /v1/querybatch ", "<html>");
    assertThat(vulnerabilities()).matches(result -> result.status() == 2, "fails");

    server.stop(0);
    Result unreachable = vulnerabilities();
    assertThat(unreachable.status()).isEqualTo(2);
    assertThat(unreachable.output())
        .contains(" cannot be reached (", "run this where there is a network; nothing was checked")
        .hasLineCount(1);

    Files.delete(sbom);
    assertThat(vulnerabilities().output()).contains("scripts/build makes one");
  }

  private Result checkDependencies(String page) throws Exception {
    Path file = Files.writeString(folder.resolve("dependencies.md"), page);
    Path jackson =
        Path.of(JsonFactory.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    return Command.attempt(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-cp",
        jackson.toString(),
        REPOSITORY.resolve("scripts/CheckDependencies.java").toString(),
        sbom.toString(),
        file.toString());
  }

  private static String page(String rows) {
    return "# Title\n\n## In the product\n\n| library | licence | reason |\n|---|---|---|\n"
        + rows
        + "\n## For tests\n\n| `org.test:test` | reason |\n";
  }

  @Test
  void aLibraryWithAnotherLicenceFailsTheBuild() throws Exception {
    String page = page("| `org.good:good` | MIT | good |\n| `org.bad:bad` | Apache-2.0 | bad |\n");
    assertThat(checkDependencies(page)).isEqualTo(new Result(0, ""));

    Files.writeString(sbom, SBOM.formatted("GPL-3.0-only"));
    Result refused = checkDependencies(page);
    assertThat(refused.status()).isEqualTo(1);
    assertThat(refused.output()).contains("org.bad:bad has the licence GPL-3.0-only");
  }

  @Test
  void aLibraryThatIsNotOnThePageFailsTheBuildAndSoDoesOneTooMany() throws Exception {
    Result refused =
        checkDependencies(
            page("| `org.good:good` | MIT | good |\n| `org.gone:gone` | MIT | x |\n"));

    assertThat(refused.status()).isEqualTo(1);
    assertThat(refused.output())
        .contains("add | `org.bad:bad` | Apache-2.0 | reason |", "org.gone:gone is in ")
        .hasLineCount(2);
  }

  @Test
  void thePageHasWhatThePomAsksFor() throws IOException {
    String[] sections =
        Files.readString(REPOSITORY.resolve("docs/dependencies.md")).split("\n## ", -1);
    Set<String> product = new TreeSet<>();
    Set<String> tests = new TreeSet<>();
    Matcher dependency = DEPENDENCY.matcher(Files.readString(REPOSITORY.resolve("src/pom.xml")));
    while (dependency.find()) {
      boolean test = dependency.group(3).contains("<scope>test</scope>");
      (test ? tests : product).add(dependency.group(1) + ":" + dependency.group(2));
    }
    product.remove("io.plasmabackup:plasma-bindings");

    assertThat(libraries(sections[1])).as("In the product").containsAll(product);
    assertThat(libraries(sections[2])).as("For tests").containsExactlyElementsOf(tests);
  }

  private static Set<String> libraries(String section) {
    Set<String> libraries = new TreeSet<>();
    Matcher row = ROW.matcher(section);
    while (row.find()) {
      libraries.add(row.group(1));
    }
    return libraries;
  }
}
