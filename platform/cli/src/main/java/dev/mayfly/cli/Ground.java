package dev.mayfly.cli;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;

/**
 * What the checks stand on: a server of their own, functions on it, and the world outside of them.
 *
 * @param findings what the server says of this machine
 */
record Ground(
        ProofServer server, Outside outside, FunctionCall functions, String provider, List<Doctor.Finding> findings) {
    private static final long LOG_PATIENCE_MILLIS = 5000;
    private static final Pattern NOT_ENFORCED = Pattern.compile("not enforced: ([a-z]+(?:, [a-z]+)*)");

    /** Whether functions run in sandboxes here. */
    boolean sandboxed() {
        return !provider.equals("process");
    }

    /** What to do where a barrier does not hold. */
    String fix() {
        return sandboxed()
                ? "let only code that you trust run here, and report this with the output of mayfly doctor"
                : "functions are plain processes here; mayfly prove without --isolation tries sandboxes";
    }

    /** Has a function make an attempt. */
    Attempted inside(String what, Map<String, Object> details) throws IOException {
        return Attempted.of(functions
                .post("/api/attempt", Map.of("try", what, "details", details))
                .json());
    }

    /** The verdict on a limit. */
    Verdict limit(String name, boolean held, String seen, String fix) {
        return held ? new Verdict.Held(seen) : limit(provider, findings, name, new Verdict.Broken(seen, fix));
    }

    /** Where the server says itself that it cannot enforce a limit here, it is weak and not broken. */
    static Verdict limit(String provider, List<Doctor.Finding> findings, String name, Verdict.Broken broken) {
        if (provider.equals("process")) {
            return broken;
        }
        return findings.stream()
                .filter(finding -> finding.subject().equals("limits")
                        && notEnforced(finding).contains(name))
                .findFirst()
                .<Verdict>map(finding -> new Verdict.Weak(broken.seen(), cost(name), finding.fix()))
                .orElse(broken);
    }

    private static List<String> notEnforced(Doctor.Finding finding) {
        var matcher = NOT_ENFORCED.matcher(finding.detail());
        return matcher.find() ? List.of(matcher.group(1).split(", ", -1)) : List.of();
    }

    private static String cost(String limit) {
        return switch (limit) {
            case "memory" -> "one function can take all memory of the machine";
            case "cpu" -> "one function can keep all processors busy";
            default -> "one function can use up the machine's processes";
        };
    }

    /** Where the server says that functions reach nothing outside at all. */
    Optional<Doctor.Finding> noEgress() {
        return findings.stream()
                .filter(finding -> finding.subject().equals("egress"))
                .filter(finding -> finding.detail().startsWith("functions reach nothing outside"))
                .findFirst();
    }

    /** Waits until so many lines of a function's log begin with a text. Returns whether that came about. */
    boolean awaitLogged(String function, String text, int lines) throws InterruptedException {
        for (long waited = 0; waited < LOG_PATIENCE_MILLIS; waited += 20) {
            if (logged(function, text) >= lines) {
                return true;
            }
            TimeUnit.MILLISECONDS.sleep(20);
        }
        return false;
    }

    private int logged(String function, String text) {
        var found = new AtomicInteger();
        server.api().lines("GET", logs(function), null, line -> {
            if (line.text("text").startsWith(text)) {
                found.incrementAndGet();
            }
            return true;
        });
        return found.get();
    }

    /** Where the API has the log of a function of the project under proof. */
    static String logs(String function) {
        return "/projects/prove/logs?limit=100000&function=" + Api.encode(function);
    }
}
