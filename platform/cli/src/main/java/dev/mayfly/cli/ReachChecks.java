package dev.mayfly.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Where a function tries to connect to: the platform's own sockets, other processes of the machine, neighbours, and what lies around the machine. */
final class ReachChecks {
    /** Where clouds answer their machines' questions for credentials. */
    private static final String METADATA = "169.254.169.254";

    /** Of a network that this machine may know nothing of. */
    private static final String PRIVATE = "10.255.255.254";

    private final Attempts attempts;
    private final Ground ground;
    private final Witness witness;
    private final List<String> addresses;
    private final Neighbour neighbour;

    /** @param addresses a private one of this machine, if it has any, at which the witness listens as well */
    ReachChecks(Checks checks, Ground ground, Witness witness, List<String> addresses, Neighbour neighbour) {
        this.attempts = new Attempts(checks, ground);
        this.ground = ground;
        this.witness = witness;
        this.addresses = addresses;
        this.neighbour = neighbour;
    }

    void run() throws InterruptedException {
        attempts.stopped(
                "management-api",
                "use the management API, with the admin token",
                "connect",
                connection("127.0.0.1", ground.server().port(), request(), "200 OK"));
        var launcher = ground.server().launcher();
        if (launcher.isPresent()) {
            attempts.check("launcher", "connect to the launcher of sandboxes", () -> launcher(launcher.get()));
        }
        attempts.stopped(
                "loopback",
                "connect to a port of this machine's loopback",
                "connect",
                connection("127.0.0.1", witness.ports().getFirst(), "", witness.mark()));
        attempts.stopped(
                "abstract-socket",
                "connect to a socket of this machine that has no file",
                "socket_file",
                Map.of("path", "@" + witness.mark(), "say", "", "expect", witness.mark()));
        attempts.check("neighbour-port", "connect to another function's port", this::neighbourPort);
        if (addresses.isEmpty()) {
            attempts.check("private-address", "connect to a private address: " + PRIVATE, () -> refused(PRIVATE));
        } else {
            attempts.stopped(
                    "private-address",
                    "connect to this machine at " + addresses.getFirst(),
                    "connect",
                    connection(addresses.getFirst(), witness.ports().get(1), "", witness.mark()));
        }
        attempts.check("metadata", "connect to the metadata address " + METADATA, () -> refused(METADATA));
    }

    private static Map<String, Object> connection(String host, int port, String say, String expect) {
        return Map.of("host", host, "port", port, "say", say, "expect", expect);
    }

    private String request() {
        return "GET /mayfly/v1/server HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAuthorization: Bearer %s\r\nConnection: close\r\n\r\n"
                .formatted(ground.server().port(), ground.server().token());
    }

    /** Its command line says where it listens. */
    private Verdict launcher(long pid) throws IOException, InterruptedException {
        var words = List.of(Files.readString(Path.of("/proc/" + pid + "/cmdline"), StandardCharsets.UTF_8)
                .split("\0", -1));
        var socket = words.get(words.indexOf("--dir") + 1) + "/launcher.sock";
        return attempts.verdict("socket_file", Map.of("path", socket, "say", "", "expect", ""));
    }

    /** Only where the neighbour answers itself is its silence towards others a barrier. */
    private Verdict neighbourPort() throws IOException {
        if (neighbour.addresses().isEmpty()) {
            return new Verdict.Unproven("control failed, it does not answer itself either", Attempts.CONTROL_FIX);
        }
        var tried = new ArrayList<Attempted>();
        for (var address : neighbour.addresses()) {
            tried.add(ground.inside("connect", connection(address, neighbour.port(), "", neighbour.secret())));
        }
        return attempts.verdict(tried.stream()
                .filter(each -> each.reached() || each.failed())
                .findFirst()
                .orElseGet(tried::getLast));
    }

    /** Where nothing answers outside either, silence proves nothing; that the platform refused it, its log says. */
    private Verdict refused(String address) throws IOException, InterruptedException {
        var details = connection(address, 80, "", "");
        if (ground.outside().attempt("connect", details).reached()) {
            return attempts.verdict(ground.inside("connect", details));
        }
        var inside = ground.inside("connect", details);
        if (inside.reached() || inside.failed()) {
            return attempts.verdict(inside);
        }
        var none = ground.noEgress();
        if (none.isPresent()) {
            return new Verdict.Held(inside.saw() + ": " + none.get().detail());
        }
        var refusal = address + ":80 refused";
        return ground.awaitLogged("api/attempt", refusal, 1)
                ? new Verdict.Held(inside.saw() + "; log: " + refusal)
                : new Verdict.Unproven(
                        inside.saw() + ", but no log says that it was refused: perhaps nothing is there", ground.fix());
    }
}
