package dev.mayfly.server;

import java.util.Optional;

/** Where to listen. */
record ListenAddress(String host, int port) {
    /** @throws IllegalArgumentException naming {@code option} and what it expects */
    static ListenAddress parse(String option, String text) {
        int colon = text.lastIndexOf(':');
        if (colon < 1) {
            throw new IllegalArgumentException(option + ": " + text + " (expected: HOST:PORT, as in 127.0.0.1:"
                    + ServerOptions.DEFAULT_PORT + ")");
        }
        var host = text.substring(0, colon).replaceAll("^\\[|]$", "");
        return new ListenAddress(host, ServerOptions.number(option, text.substring(colon + 1)));
    }

    boolean loopback() {
        return host.equals("localhost") || host.equals("::1") || host.startsWith("127.");
    }

    /** By what host this machine reaches it as itself, the one that is exact to the management API; empty: by none. */
    Optional<String> own() {
        return switch (host) {
            case "localhost", "127.0.0.1", "0.0.0.0", "::" -> Optional.of("127.0.0.1");
            case "::1" -> Optional.of("[::1]");
            default -> Optional.empty();
        };
    }

    @Override
    public String toString() {
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
    }
}
