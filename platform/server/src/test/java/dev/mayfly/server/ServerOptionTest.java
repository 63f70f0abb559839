package dev.mayfly.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.control.explain.Automatic;
import dev.mayfly.engine.Reason;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The list of a server's options is what its parser knows. */
class ServerOptionTest {
    private static final Pattern IN_HELP = Pattern.compile("^ +(--[a-z-]+)");

    private static Map<String, Automatic> list(Map<String, String> environment, String... arguments) {
        return ServerOption.list(ServerOptions.parse(List.of(arguments), environment)).stream()
                .collect(Collectors.toMap(Automatic::key, each -> each));
    }

    @Test
    void everyOptionOfTheParserIsListedOrSaidNotToBeAndNoOther() {
        var raw = new RawOptions(List.of());
        ServerOptions.parse(raw, Map.of("HOME", "/h"));

        var listed = new TreeSet<>(ServerOption.NOT_LISTED.keySet());
        Arrays.stream(ServerOption.values())
                .map(ServerOption::key)
                .filter(key -> !key.isEmpty())
                .forEach(listed::add);

        assertThat(listed).isEqualTo(raw.known());
    }

    @Test
    void helpHasTheSame() {
        var raw = new RawOptions(List.of());
        ServerOptions.parse(raw, Map.of("HOME", "/h"));
        var known = new TreeSet<>(raw.known());
        known.add("--help"); // which ends the program before anything is parsed
        var inHelp = new TreeSet<String>();
        ServerOptions.HELP.lines().forEach(line -> {
            var found = IN_HELP.matcher(line);
            if (found.find()) {
                inHelp.add(found.group(1));
            }
        });

        assertThat(inHelp).isEqualTo(known);
    }

    @Test
    void everyOptionThatADecisionNamesIsListed() {
        var keys = Arrays.stream(ServerOption.values()).map(ServerOption::key).toList();

        assertThat(Arrays.stream(Reason.values()).map(Reason::setting).filter(setting -> setting.startsWith("--")))
                .isNotEmpty()
                .isSubsetOf(keys);
    }

    @Test
    void eachSaysWhatHoldsNowAndWhereThatComesFrom() {
        var usual = list(Map.of("HOME", "/h"));
        assertThat(usual.values()).allSatisfy(each -> {
            assertThat(each.from()).isEqualTo("default");
            assertThat(each.value()).isNotBlank();
            assertThat(each.decides()).isNotBlank();
        });
        assertThat(usual.get("--call-depth").value()).isEqualTo("16");
        assertThat(usual.get("--start-ahead").value()).isEqualTo("500ms");
        assertThat(usual.get("--pool-memory").value()).isEqualTo("120MiB");

        var set = list(
                Map.of(
                        "HOME",
                        "/h",
                        "MAYFLY_HOME",
                        "/m",
                        "MAYFLY_PORT",
                        "8000",
                        "OTEL_EXPORTER_OTLP_HEADERS",
                        "key=secret"),
                "--home=/o",
                "--call-depth",
                "3",
                "--bill-init",
                "--otlp=http://127.0.0.1:4318",
                "--trusted-proxies=10.0.0.0/8");
        assertThat(set.get("--home").value()).isEqualTo("/o");
        assertThat(set.get("--home").from()).isEqualTo("command line");
        assertThat(set.get("--port").value()).isEqualTo("8000");
        assertThat(set.get("--port").from()).isEqualTo("MAYFLY_PORT");
        assertThat(set.get("--call-depth").value()).isEqualTo("3");
        assertThat(set.get("--bill-init").value()).isEqualTo("on");
        assertThat(set.get("--trusted-proxies").value()).isEqualTo("10.0.0.0/8");
        assertThat(set.get("OTEL_EXPORTER_OTLP_HEADERS").value())
                .isEqualTo("key")
                .doesNotContain("secret");
        assertThat(new ArrayList<>(set.values())).hasSize(ServerOption.values().length);
    }

    @Test
    void theValueIsTheOneThatTheServerUses() {
        assertThat(list(Map.of("HOME", "/h"), "--keep-deployments", "5")
                        .get("--keep-deployments")
                        .value())
                .isEqualTo("5");
        assertThat(list(Map.of("HOME", "/h"), "--zygotes", "off")
                        .get("--zygotes")
                        .value())
                .isEqualTo("off");
        assertThat(list(Map.of("HOME", "/h"), "--client-requests", "50/s")
                        .get("--client-requests")
                        .value())
                .isEqualTo("50/s");
        assertThat(list(Map.of("HOME", "/h"), "--isolation", "process")
                        .get("--isolation")
                        .value())
                .isEqualTo("process");
        assertThat(list(Map.of("HOME", "/h"), "--egress", "none")
                        .get("--egress")
                        .value())
                .isEqualTo("none");
    }
}
