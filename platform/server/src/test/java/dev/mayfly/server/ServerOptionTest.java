package dev.mayfly.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.control.explain.Automatic;
import dev.mayfly.engine.Reason;
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
        var usual = said(Map.of("HOME", "/h"));
        assertThat(usual).hasSize(ServerOption.values().length);
        assertThat(usual.values()).allSatisfy(value -> assertThat(value).endsWith(" (default)"));
        assertThat(usual)
                .containsEntry("--call-depth", "16 (default)")
                .containsEntry("--start-ahead", "500ms (default)")
                .containsEntry("--keep-deployments", "all (default)")
                .containsEntry("--pool-memory", "120MiB (default)");

        var environment = Map.of(
                "HOME", "/h", "MAYFLY_HOME", "/m", "MAYFLY_PORT", "8000", "OTEL_EXPORTER_OTLP_HEADERS", "key=secret");
        assertThat(said(
                        environment,
                        "--home=/o",
                        "--call-depth",
                        "3",
                        "--bill-init",
                        "--zygotes=off",
                        "--keep-deployments=5",
                        "--client-requests=50/s",
                        "--isolation=process",
                        "--egress=none",
                        "--otlp=http://127.0.0.1:4318",
                        "--trusted-proxies=10.0.0.0/8"))
                .containsEntry("--home", "/o (command line)")
                .containsEntry("--port", "8000 (MAYFLY_PORT)")
                .containsEntry("--call-depth", "3 (command line)")
                .containsEntry("--bill-init", "on (command line)")
                .containsEntry("--zygotes", "off (command line)")
                .containsEntry("--keep-deployments", "5 (command line)")
                .containsEntry("--client-requests", "50/s (command line)")
                .containsEntry("--isolation", "process (command line)")
                .containsEntry("--egress", "none (command line)")
                .containsEntry("--trusted-proxies", "10.0.0.0/8 (command line)")
                .containsEntry("OTEL_EXPORTER_OTLP_HEADERS", "key (OTEL_EXPORTER_OTLP_HEADERS)");
    }

    private static Map<String, String> said(Map<String, String> environment, String... arguments) {
        return ServerOption.list(ServerOptions.parse(List.of(arguments), environment)).stream()
                .collect(Collectors.toMap(Automatic::key, each -> each.value() + " (" + each.from() + ")"));
    }
}
