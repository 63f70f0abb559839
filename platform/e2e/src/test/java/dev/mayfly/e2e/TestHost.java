package dev.mayfly.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A host of the test's own beside this machine: a network namespace behind a cable, with a private address and the address that clouds give
 * their metadata service. Something answers on port 80 of both, so that whoever may reach them does. Root only.
 */
final class TestHost implements AutoCloseable {
    static final String METADATA = "169.254.169.254";

    private static final String SERVER = """
            import socket, sys
            def answer(family, kind):
                s = socket.socket(family, kind); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(("", 80)); return s
            tcp, udp = answer(socket.AF_INET, socket.SOCK_STREAM), answer(socket.AF_INET, socket.SOCK_DGRAM)
            tcp.listen(64); print("ready", flush=True)
            import select
            while True:
                for s in select.select([tcp, udp, sys.stdin], [], [])[0]:
                    if s is sys.stdin: sys.exit()
                    if s is tcp: c, _ = s.accept(); c.sendall(b"HTTP/1.0 200 OK\\r\\n\\r\\nreached"); c.close()
                    else: data, peer = s.recvfrom(2000); s.sendto(data, peer)
            """;

    private static final String PREFIX = "mft";

    private final String name = PREFIX + ThreadLocalRandom.current().nextInt(100_000, 1_000_000);
    /** One at a time: there is one metadata service that can be stood in for. */
    private final FileChannel turn;

    private final String network;
    private final String metadataBefore;
    private final Process server;

    TestHost() throws IOException {
        turn = FileChannel.open(
                Path.of("target", "test-host.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        turn.lock();
        network = freeNetwork();
        var route = ip("route", "show", METADATA + "/32").strip();
        metadataBefore = route.contains(" dev " + PREFIX) ? "" : route; // that of another such host goes with it
        try {
            ip("netns", "add", name);
            ip("link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", name);
            ip("addr", "add", network + "1/24", "dev", name);
            ip("link", "set", name, "up");
            ip("-n", name, "addr", "add", network + "2/24", "dev", "eth0");
            ip("-n", name, "addr", "add", METADATA + "/32", "dev", "eth0");
            ip("-n", name, "link", "set", "eth0", "up");
            ip("-n", name, "link", "set", "lo", "up");
            ip("route", "replace", METADATA + "/32", "dev", name);
            server = new ProcessBuilder("ip", "netns", "exec", name, "python3", "-c", SERVER)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            assertThat(firstLine(server.getInputStream())).isEqualTo("ready");
        } catch (IOException | RuntimeException | AssertionError e) {
            remove();
            throw e;
        }
    }

    /** Its private address. */
    String address() {
        return network + "2";
    }

    /** This machine's own address on the cable. */
    String ourAddress() {
        return network + "1";
    }

    private static String firstLine(InputStream stream) throws IOException {
        var line = new StringBuilder();
        for (int next = stream.read(); next > 0 && next != '\n'; next = stream.read()) {
            line.append((char) next);
        }
        return line.toString();
    }

    /** The first three numbers of a private network that this machine has no route into. */
    private static String freeNetwork() throws IOException {
        var random = ThreadLocalRandom.current();
        while (true) {
            var some = "10." + random.nextInt(100, 250) + "." + random.nextInt(1, 250) + ".";
            if (ip("route", "show", "root", "10.0.0.0/8").lines().noneMatch(line -> line.startsWith(some))) {
                return some;
            }
        }
    }

    private static String ip(String... words) throws IOException {
        var command = new ArrayList<>(List.of("ip"));
        command.addAll(List.of(words));
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.onExit().join().exitValue() != 0) {
            throw new IOException(String.join(" ", command) + ": " + said);
        }
        return said;
    }

    private void remove() throws IOException {
        try (turn) {
            removeHost();
        }
    }

    private void removeHost() throws IOException {
        if (!metadataBefore.isEmpty()) { // where this machine has a metadata service of its own
            var words = new ArrayList<>(List.of("route", "replace"));
            words.addAll(List.of(metadataBefore.split(" +")));
            ip(words.toArray(String[]::new));
        }
        for (var words : List.of(new String[] {"link", "del", name}, new String[] {"netns", "del", name})) {
            try {
                ip(words);
            } catch (IOException gone) {
                // never made, or gone with the other end
            }
        }
    }

    @Override
    public void close() throws IOException {
        server.getOutputStream().close();
        server.onExit().join();
        remove();
        assertThat(Path.of("/sys/class/net", name)).doesNotExist();
    }
}
