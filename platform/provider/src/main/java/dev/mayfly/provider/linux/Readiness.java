package dev.mayfly.provider.linux;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/** What the launcher says of this machine when it starts. */
public sealed interface Readiness {
    /**
     * It makes sandboxes.
     *
     * @param rootless whether without root's means
     * @param egress whether there is a way out of sandboxes at all
     */
    record Able(boolean rootless, boolean egress, List<Check> checks) implements Readiness {
        private static final Set<String> LIMITS = Set.of("memory", "pids", "cpu");
        private static final Set<String> OPTIONAL = Set.of("landlock", "counter");

        public Able {
            checks = List.copyOf(checks);
        }

        /** What was proved once, by what does not take a probe now. */
        Able as(Able again) {
            return new Able(again.rootless, again.egress, checks);
        }

        boolean proved(String name) {
            return checks.stream()
                    .anyMatch(check -> check.proved() && check.name().equals(name));
        }

        /** Which of the limits that a neighbour feels are not enforced. */
        List<String> missingLimits() {
            return LIMITS.stream().filter(name -> !proved(name)).sorted().toList();
        }

        /** Which barriers were set and did not hold. Landlock is there where the kernel has it, a way out where there can be one. */
        List<String> missingBarriers() {
            return checks.stream()
                    .filter(check -> !check.proved())
                    .map(Check::name)
                    .filter(name -> !LIMITS.contains(name) && !OPTIONAL.contains(name))
                    .filter(name -> egress || !name.equals("egress"))
                    .sorted()
                    .toList();
        }

        Optional<Check> check(String name) {
            return checks.stream().filter(check -> check.name().equals(name)).findFirst();
        }
    }

    /** It cannot, here. */
    record Unable(String reason, String fix) implements Readiness {}

    /**
     * One barrier or limit that a probe child tried to pass at start.
     *
     * @param proved whether it was stopped
     * @param detail what happened
     * @param cost what it means where it is missing
     * @param fix the command that adds it
     */
    record Check(String name, boolean proved, String detail, String cost, String fix) {}

    /** Reads the one line of the launcher's standard output. */
    static Readiness parse(JsonMapper json, String line) {
        try {
            var said = json.readTree(line);
            if (!said.path("ready").asBoolean(false)) {
                return new Unable(
                        said.path("reason").asString("the launcher does not say why"),
                        said.path("fix").asString(""));
            }
            var checks = new ArrayList<Check>();
            for (var each : said.path("checks")) {
                checks.add(new Check(
                        each.path("name").asString(""),
                        each.path("proved").asBoolean(false),
                        each.path("detail").asString(""),
                        each.path("cost").asString(""),
                        each.path("fix").asString("")));
            }
            return new Able(
                    said.path("rootless").asBoolean(false), said.path("egress").asBoolean(false), checks);
        } catch (JacksonException e) {
            return new Unable("the launcher's first line is not JSON: " + excerpt(line), "");
        }
    }

    private static String excerpt(String line) {
        return line.length() <= 80 ? line : line.substring(0, 80) + "…";
    }
}
