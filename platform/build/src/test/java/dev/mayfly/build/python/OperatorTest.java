package dev.mayfly.build.python;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.build.tool.Account;
import dev.mayfly.build.tool.BuildLimits;
import dev.mayfly.build.tool.Scratch;
import dev.mayfly.build.tool.Workshop;
import dev.mayfly.provider.ToolRuns;
import dev.mayfly.provider.python.Interpreters;
import dev.mayfly.provider.python.Reach;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What of the operator's settings reaches the code of strangers. */
class OperatorTest {
    private static final boolean ROOT = "root".equals(System.getProperty("user.name"));

    @TempDir
    private Path folder;

    private final RecordingToolRuns runs = new RecordingToolRuns();

    @SuppressWarnings("NullAway.Init")
    private Scratch scratch;

    private Path place = Path.of("");

    @BeforeEach
    void open() throws IOException, InterruptedException {
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx--x--x"));
        var account = ROOT ? Optional.of(new Account(64_321, 64_321)) : Optional.<Account>empty();
        scratch = new Workshop(folder.resolve("work"), account, Optional.of(runs), false, BuildLimits.DEFAULTS).open();
        place = Files.createDirectory(folder.resolve("place"));
    }

    @AfterEach
    void close() throws IOException {
        scratch.close();
    }

    /** What a tool is given where the operator has these variables, and this configuration. */
    private ToolRuns.Tool given(Map<String, String> variables, String... configuration) throws Exception {
        var file = Files.write(folder.resolve("pip.conf"), List.of(configuration));
        var environment = new PipSettings(variables, List.of(file)).seed(scratch);
        var python = new Interpreters(System.getenv(), Reach.ofThisUser())
                .preferred()
                .orElseThrow();
        scratch.run(python, List.of("/bin/true"), environment, scratch.tree(), line -> {});
        return runs.tools.getFirst();
    }

    private String configuration() throws IOException {
        try (var files = Files.walk(scratch.tools())) {
            return Files.readString(files.filter(file -> file.endsWith("pip/pip.conf"))
                    .findFirst()
                    .orElseThrow());
        }
    }

    private List<Path> lent(ToolRuns.Tool tool) {
        return tool.mounts().stream()
                .filter(mount -> mount.target().startsWith("/opt/lent/"))
                .map(ToolRuns.Mount::source)
                .toList();
    }

    @Test
    void foldersOfPackagesAreLent() throws Exception {
        var more = Files.createDirectory(folder.resolve("more"));

        var tool = given(Map.of("PIP_FIND_LINKS", more.toString()), "[global]", "find-links =", "    " + place);

        assertThat(lent(tool)).containsExactlyInAnyOrder(place, more);
        assertThat(tool.environment()).containsEntry("PIP_FIND_LINKS", "/opt/lent/1");
        assertThat(configuration()).isEqualTo("[global]\nfind-links =\n    /opt/lent/2\n");
    }

    @Test
    void aFolderThatIsNoneOfPackagesStaysOutside() throws Exception {
        var tool = given(
                Map.of("PIP_SRC", place.toString(), "PIP_BUILD", place.toString()),
                "[global]",
                "src = " + place,
                "cache-dir = " + place,
                "log: " + place);

        assertThat(lent(tool)).isEmpty();
        assertThat(configuration()).contains("src = " + place);
    }

    @Test
    void aFileThatIsNotThereToBeReadByABuildStaysOutside() throws Exception {
        var file = Files.writeString(place.resolve("log"), "open sesame");

        given(Map.of("PIP_UNHEARD_OF", file.toString()), "[global]", "log = " + file);

        try (var files = Files.walk(scratch.tools())) {
            assertThat(files.map(each -> each.getFileName().toString())).noneMatch(name -> name.endsWith("-log"));
        }
    }

    @Test
    void aPrivateKeyIsCopiedForTheUserOfTheBuildAlone() throws Exception {
        var key = Files.writeString(place.resolve("client.pem"), "a key");

        var tool = given(
                Map.of("PIP_CLIENT_CERT", key.toString(), "PIP_CERT", key.toString()),
                "[global]",
                "client-cert = " + key);

        var named = tool.environment().get("PIP_CLIENT_CERT");
        assertThat(named).startsWith("/build/home/");
        assertThat(configuration()).contains("client-cert = " + named);
        var copy = scratch.home().resolve(Path.of("/build/home").relativize(Path.of(String.valueOf(named))));
        assertThat(copy).hasContent("a key");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(copy)))
                .isEqualTo("rw-------");
        if (ROOT) {
            assertThat(Files.getAttribute(copy, "unix:uid")).isEqualTo(64_321);
        }
    }

    @Test
    void aProxyIsReachedWithItsSchemeAndWithout() throws Exception {
        var tool = given(
                Map.of(
                        "https_proxy", "10.1.2.3:3128",
                        "HTTP_PROXY", "me:a=b,c@10.1.2.4:3129",
                        "all_proxy", "http://10.1.2.5:3130/"),
                "[global]",
                "proxy = 10.1.2.6");

        assertThat(tool.allow())
                .containsExactlyInAnyOrder(
                        "10.1.2.3/32:3128", "10.1.2.4/32:3129", "10.1.2.5/32:3130", "10.1.2.6/32:80");
        assertThat(tool.environment()).containsEntry("https_proxy", "10.1.2.3:3128");
    }

    @Test
    void anAddressIsReachedOnlyWhereASettingIsThereToNameIt() throws Exception {
        var tool = given(
                Map.of("PIP_UNHEARD_OF", "http://10.1.2.3/"),
                "[global]",
                "index-url = https://10.1.2.4/simple",
                "comment = http://10.1.2.5/",
                "# extra-index-url = http://10.1.2.6/");

        assertThat(tool.allow()).containsExactly("10.1.2.4/32:443");
    }

    @Test
    void aConfigurationFileThatAVariableNamesIsInTheWordsOfTheInside() throws Exception {
        var named = Files.writeString(place.resolve("my.conf"), "[install]\nfind_links: " + place + "\n");

        var tool = given(Map.of("PIP_CONFIG_FILE", named.toString()));

        var inside = Path.of(String.valueOf(tool.environment().get("PIP_CONFIG_FILE")));
        assertThat(scratch.tools().resolve(inside.getFileName())).hasContent("[install]\nfind_links: /opt/lent/1\n");
    }
}
