package dev.mayfly.cli;

import java.io.IOException;
import java.util.List;
import java.util.Map;

/**
 * A function of another project, which runs beside the one that makes the attempts.
 *
 * @param worker its process, as this machine sees it
 * @param path of its file
 * @param secret what it holds in its file, and says to whoever connects
 * @param addresses at which it has reached itself
 */
record Neighbour(long worker, String path, String secret, int port, List<String> addresses) {
    static final String FUNCTION = "api/secret";

    static Neighbour start(ProofServer server, FunctionCall call, String secret) throws IOException {
        var told = call.post("/" + FUNCTION, Map.of()).json();
        return new Neighbour(
                server.worker(FUNCTION), told.text("path"), secret, (int) told.number("port"), told.texts("addresses"));
    }
}
