package dev.mayfly.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** A process of this machine that functions must not reach: it listens, and tells which signals it got. */
final class Witness implements AutoCloseable {
    private static final long PATIENCE_MILLIS = 2000;

    private final Process process;
    private final String mark;
    private final List<Integer> ports;
    private final Set<Long> signals = ConcurrentHashMap.newKeySet();

    private Witness(Process process, String mark, List<Integer> ports, BufferedReader says) {
        this.process = process;
        this.mark = mark;
        this.ports = ports;
        Thread.ofVirtual().name("witness").start(() -> listen(says));
    }

    /**
     * Starts it.
     *
     * @param mark is in its command line, names its socket that is no file, and is what it says to whoever connects
     * @param addresses of this machine to listen on, besides 127.0.0.1
     */
    static Witness start(Outside outside, String mark, List<String> addresses) throws IOException {
        var words = new ArrayList<>(List.of("outside/witness.py", mark));
        words.addAll(addresses);
        var process = outside.start(words);
        var says = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        var first = says.readLine();
        if (first == null) {
            throw new IOException("the process that functions must not reach did not start");
        }
        var ports =
                Json.object(first).texts("ports").stream().map(Integer::valueOf).toList();
        return new Witness(process, mark, ports, says);
    }

    private void listen(BufferedReader says) {
        try {
            for (var line = says.readLine(); line != null; line = says.readLine()) {
                signals.add(Json.object(line).number("signal"));
            }
        } catch (IOException e) {
            // it has ended
        }
    }

    long pid() {
        return process.pid();
    }

    String mark() {
        return mark;
    }

    /** Where it listens: at 127.0.0.1, then at each address that was given. */
    List<Integer> ports() {
        return ports;
    }

    boolean got(long signal) {
        return signals.contains(signal);
    }

    boolean awaitSignal(long signal) throws InterruptedException {
        for (long waited = 0; waited < PATIENCE_MILLIS && !got(signal); waited += 10) {
            TimeUnit.MILLISECONDS.sleep(10);
        }
        return got(signal);
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
