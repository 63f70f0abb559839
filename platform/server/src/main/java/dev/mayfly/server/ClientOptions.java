package dev.mayfly.server;

import dev.mayfly.gateway.AddressRanges;
import dev.mayfly.gateway.ClientRules;
import dev.mayfly.gateway.TraceRules;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;

/** The options that say whom the edge believes, and how much one client may take. */
final class ClientOptions {
    private static final Pattern RATE = Pattern.compile("(\\d{1,7})/s");
    private static final int MOST = 1_000_000;

    private ClientOptions() {}

    /**
     * @param openFiles how many this process may have open
     * @param traces what becomes of them
     * @throws IllegalArgumentException naming the option and what it expects
     */
    static ClientRules parse(RawOptions raw, LongSupplier openFiles, TraceRules traces) {
        var usual = ClientRules.DEFAULT;
        var trusted = raw.value("--trusted-proxies")
                .map(text -> AddressRanges.parse("--trusted-proxies", text))
                .orElse(usual.trustedProxies());
        boolean header = raw.flag("--proxy-protocol");
        if (header && trusted.isEmpty()) {
            throw new IllegalArgumentException(
                    "--proxy-protocol (expected: with --trusted-proxies, whose connections begin so)");
        }
        return new ClientRules(
                trusted,
                usual.own(),
                header,
                raw.value("--client-connections")
                        .map(text -> ServerOptions.number("--client-connections", text, "a number", 0, MOST))
                        .orElse(usual.clientConnections()),
                raw.value("--client-requests").map(ClientOptions::rate).orElse(usual.clientRequests()),
                raw.value("--max-connections")
                        .map(text -> ServerOptions.number("--max-connections", text, "a number", 1, MOST))
                        .orElseGet(() -> ClientRules.connectionsWithin(openFiles.getAsLong())),
                raw.value("--max-headers")
                        .map(text -> ServerOptions.number("--max-headers", text, "a number", 10, 10_000))
                        .orElse(usual.maxHeaders()),
                traces);
    }

    private static int rate(String text) {
        var matcher = RATE.matcher(text);
        int perSecond = matcher.matches() ? Integer.parseInt(matcher.group(1)) : 0;
        if (perSecond < 1 || perSecond > MOST) {
            throw new IllegalArgumentException(
                    "--client-requests: " + text + " (expected: a number from 1 to " + MOST + " with /s, as in 50/s)");
        }
        return perSecond;
    }
}
