package dev.mayfly.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Runs every command of a page of docs, in its order, in one shell session, and compares what it prints. In the page a {@code console} block
 * holds commands after {@code $ } and below each what it prints; {@code …} stands for anything. A block that begins with
 * {@code # FILE} is that file's content.
 */
final class Page {
    private static final Pattern BLOCK = Pattern.compile("```(console|python|yaml|text)\n(.*?)```", Pattern.DOTALL);
    private static final String MARK = "__end_of_output__";

    private record Step(String command, String expected) {}

    private Page() {}

    /** @param pageName below docs */
    static void check(String pageName, int leastCommands) throws IOException {
        try (var home = new Home()) {
            var page = Files.readString(Shell.ROOT.resolve("docs").resolve(pageName));
            var steps = new ArrayList<Step>();
            var script = new StringBuilder("export PATH=" + Shell.ROOT + ":$PATH\n");
            for (var block : BLOCK.matcher(page).results().toList()) {
                if (block.group(1).equals("console")) {
                    for (var step : commands(block.group(2))) {
                        steps.add(step);
                        script.append(step.command())
                                .append(" 2>&1\necho ")
                                .append(MARK)
                                .append('\n');
                    }
                } else if (block.group(2).startsWith("# file: ")) {
                    var name = block.group(2).lines().findFirst().orElseThrow().substring("# file: ".length());
                    script.append("mkdir -p \"$(dirname '")
                            .append(name)
                            .append("')\"; cat > '")
                            .append(name)
                            .append("' <<'END_OF_FILE'\n");
                    script.append(block.group(2).substring(block.group(2).indexOf('\n') + 1))
                            .append("END_OF_FILE\n");
                }
            }

            var run = home.sh(script.toString());

            var outputs = Pattern.compile(MARK + "\n").splitAsStream(run.out()).toList();
            assertThat(steps).hasSizeGreaterThanOrEqualTo(leastCommands);
            for (int i = 0; i < steps.size(); i++) {
                assertThat(i < outputs.size() ? outputs.get(i) : "(nothing: the shell ended)\n" + run.err())
                        .as("$ %s", steps.get(i).command())
                        .matches(pattern(steps.get(i).expected()));
            }
        }
    }

    private static List<Step> commands(String block) {
        var steps = new ArrayList<Step>();
        for (var part : Pattern.compile("(?m)^\\$ ").splitAsStream(block).toList()) {
            if (!part.isBlank()) {
                int end = part.indexOf('\n');
                steps.add(new Step(part.substring(0, end), part.substring(end + 1)));
            }
        }
        return steps;
    }

    /** Lines in order; a line of only … stands for any number of lines. */
    private static Pattern pattern(String expected) {
        var regex = new StringBuilder("(?s)");
        for (var line : expected.lines().toList()) {
            if (line.strip().equals("…")) {
                regex.append(".*");
            } else {
                regex.append(Pattern.quote(line).replace("…", "\\E[^\\n]*?\\Q")).append("\\n");
            }
        }
        return Pattern.compile(regex + "\\s*");
    }
}
