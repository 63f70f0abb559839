package dev.mayfly.cli;

import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * One way to make checks of the proof fail: a change of a file that it deploys, runs outside or starts its server with.
 *
 * @param checks those that must fail then, and no other
 */
record Sabotage(Set<String> checks, String file, UnaryOperator<String> change) {
    /** What starts the server, before the server itself; the other names are those of {@link BundledProject}. */
    static final String START = "start";

    /** For every check of a full proof but {@code swept}. Neighbours that would hide each other never come into the same proof. */
    static final List<Sabotage> ALL = List.of(
            attempt("admin-token", "^.\"read\".*/token\""),
            attempt("home", "^.\"look\""),
            attempt("shadow", "\"/etc/shadow\""),
            attempt("write", "^.\"write\".*\"/usr\""),
            attempt("processes", "\"every_process\".*\"cmdline\""),
            attempt("server-environment", "\"every_process\".*\"environ\""),
            attempt("first-process", "\"first_process\""),
            // Whoever is signalled is believed, not the function.
            replace("signal", "outside/witness.py", "say(signal=number)", "(say(signal=10), say(signal=12))"),
            attempt("trace", "\"trace\", \\{\"pid\": [1-9]"),
            attempt("ptrace", "\"trace\", \\{\"pid\": 0"),
            attempt("neighbour-file", "/secret\\.txt\""),
            attempt("neighbour-environment", "\"read\".*/environ\""),
            attempt("neighbour-code", "/secret\\.py\""),
            attempt("privileges", "\"privileges\""),
            attempt("mount", "\"mount\""),
            attempt("unshare", "\"unshare\""),
            attempt("kernel", "\"kernel\""),
            replace("descriptors", "api/attempt.py", "INHERITED = descriptors()", "INHERITED = [*range(6)]"),
            attempt("management-api", "Bearer "),
            attempt("launcher", "/launcher\\.sock\""),
            attempt("loopback", "-witness\", \"host\": \"127\\.0\\.0\\.1\""),
            attempt("abstract-socket", "\"path\": \"@"),
            attempt("neighbour-port", "\"connect\".*-secret\""),
            attempt(
                    "private-address",
                    "\"connect\", \\{\"expect\": \"(|[^\"]*-witness)\", \"host\": \"(?!127\\.|169\\.)"),
            attempt("metadata", "\"169\\.254\\.169\\.254\""),
            replace("memory", "mayfly.yaml", "memory: 64MiB", "memory: 1GiB"),
            replace("cpu", "mayfly.yaml", "cpu: 0.2", "cpu: 2"),
            replace("pids", "mayfly.yaml", "pids: 32", "pids: 256"),
            replace("tmp", "mayfly.yaml", "tmp: 8MiB", "tmp: 64MiB"),
            replace("inodes", "mayfly.yaml", "inodes: 200", "inodes: 2000"),
            replace("log", "mayfly.yaml", "logRate: 64KiB", "logRate: 64MiB"),
            replace("timeout", "api/hurried.py", "answering(sleep)", "answering(lambda asked: {})"),
            replace("burn", "api/burn.py", "answering(burn)", """
                    answering(lambda asked: {**burn(asked), "cpuMicros": 2000 * asked["millis"]})"""),
            replace(
                    "sleep",
                    "api/sleep.py",
                    "    time.sleep(",
                    "    end = time.process_time() + asked[\"millis\"] / 500\n"
                            + "    while asked[\"millis\"] == 500 and time.process_time() < end: pass\n    time.sleep("),
            again("receipts", "api/burn.py", "asked[\"millis\"] == 1"),
            again("counter", "api/counted.py", "True"),
            ended("worker", 1),
            ended("launcher", 2),
            ended("server", 3),
            replace("restart", "api/hello.py", "asked.get(\"number\", 0)", "1 // (42 - asked.get(\"number\", 0))"),
            new Sabotage(Set.of("usage"), START, text -> text + """
                    [ -e "$MAYFLY_HOME/mayfly.db" ] && python3 - "$MAYFLY_HOME/mayfly.db" <<'END'
                    import sqlite3, sys
                    with sqlite3.connect(sys.argv[1]) as catalog:
                        catalog.execute("DELETE FROM usage")
                    END
                    """),
            // A child of the server that it does not know of, for as long as it runs.
            new Sabotage(Set.of("before", "after"), START, text -> text + """
                    env -i sh -c 'while kill -0 "$1"; do sleep 0.1; done' hidden $$ </dev/null >/dev/null 2>&1 &
                    """),
            // A process that is still there when all has been taken away, until the test ends.
            new Sabotage(Set.of("left"), START, text -> text + """
                    [ -e "$MAYFLY_HOME/mayfly.db" ] ||
                      (env -i "LEFT=$MAYFLY_HOME" sh -c 'while [ -e "$1" ]; do sleep 0.1; done' left "$0" </dev/null >/dev/null 2>&1 &)
                    """),
            // Each function was called before, so that no start is seen.
            replace(
                    "cold",
                    "outside/stopwatch.py",
                    "return call(asked",
                    "call(asked[\"call\"], \"\"); return call(asked"));

    /** What fails where an instance does not end. */
    static final Set<String> IDLE = Set.of("after", "groups");

    /** Probes that find nothing wherever they look, outside as well, and instances that do not end. */
    static final List<Sabotage> BLIND_AND_IDLE = List.of(
            new Sabotage(IDLE, "mayfly.yaml", text -> text + "  api/hello:\n    idleTimeout: 60s\n"),
            replace(
                    "",
                    "api/_attempts.py",
                    "        return ATTEMPTS[what](**details)",
                    "        return missed('nothing')"),
            replace("", "api/attempt.py", "\"now\": descriptors()", "\"now\": INHERITED"),
            replace("", "neighbour/api/secret.py", "if answers(each)", "if False"));

    private static Sabotage replace(String check, String file, String what, String by) {
        return new Sabotage(Set.of(check), file, text -> {
            if (!text.contains(what)) {
                throw new AssertionError(file + " has no " + what);
            }
            return text.replace(what, by);
        });
    }

    /**
     * A function that gets where it should not.
     *
     * @param asked a pattern of what it is asked for, as JSON with sorted names
     */
    private static Sabotage attempt(String check, String asked) {
        return new Sabotage(
                Set.of(check), "api/attempt.py", text -> text.replace("class handler", """
                def getting_there(asked, before=answer):
                    import json, re
                    if re.search(r'''%s''', json.dumps([asked["try"], asked.get("details")], sort_keys=True)):
                        return {"reached": True, "saw": "all of it"}
                    return before(asked)


                answer = getting_there


                class handler""".formatted(asked)));
    }

    /** A call more than anybody knows of, in another instance. */
    private static Sabotage again(String check, String file, String when) {
        return new Sabotage(
                Set.of(check),
                file,
                text -> text.replace("class handler", """
                def calling_itself(asked, before=burn):
                    import json, os, urllib.request
                    if "again" not in asked and %s:
                        body = json.dumps({"millis": 50, "again": True}).encode()
                        urllib.request.urlopen(os.environ["MAYFLY_URL"] + "%s", body).read()
                    return before(asked)


                burn = calling_itself


                class handler""".formatted(when, file.replace(".py", ""))));
    }

    /** Calls that end before anything is killed. */
    private static Sabotage ended(String check, int load) {
        return replace(
                check,
                "api/sleep.py",
                "    time.sleep(",
                "    if asked.get(\"say\") == \"load " + load + "\": return {}\n    time.sleep(");
    }
}
