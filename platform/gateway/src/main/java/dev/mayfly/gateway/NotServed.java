package dev.mayfly.gateway;

import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.Problem;
import java.util.List;

/** What is told to whoever asks for something that leads nowhere. */
final class NotServed {
    private static final int PATHS_SHOWN = 50;

    static final Problem BAD_HOST =
            new Problem(ErrorCode.BAD_REQUEST, "Host: (expected: exactly one, a host name with an optional port)");

    static final Problem BAD_FRAMING = new Problem(
            ErrorCode.BAD_REQUEST,
            "where this request ends is not clear",
            "send one Content-Length, or Transfer-Encoding: chunked");

    static final Problem NO_TUNNEL = new Problem(
            ErrorCode.NOT_SUPPORTED, "CONNECT is for proxies, and this is none", "use GET, with Upgrade for WebSocket");

    static final Problem PLAIN = new Problem(
            ErrorCode.FORBIDDEN,
            "the management API does not answer other machines in clear text, where its token could be read on the way",
            "come by TLS (mayfly server --tls-cert and --tls-key), or start the server with --plain-management");

    private NotServed() {}

    static Problem nobody(String host) {
        return new Problem(
                ErrorCode.DEPLOYMENT_NOT_FOUND, "nothing is deployed at " + host, "mayfly ls shows what is, and where");
    }

    /** Of a host that is no name of ours. The same whether a project claims it or not. */
    static Problem unknown(String host) {
        return new Problem(
                ErrorCode.DEPLOYMENT_NOT_FOUND,
                "nothing is deployed at " + host,
                "mayfly ls shows what is, and where; a domain of your own answers after mayfly domains verify");
    }

    static Problem notFound(Site site, String path) {
        int paths = site.paths(PATHS_SHOWN + 1).size();
        var which = paths > PATHS_SHOWN ? " (the first " + PATHS_SHOWN + " are listed)" : "";
        return new Problem(
                ErrorCode.NOT_FOUND,
                "there is nothing at " + path + " of " + site.deployment().project(),
                paths == 0 ? "" : "call one of its paths" + which);
    }

    /** Paths that lead somewhere instead. */
    static List<String> shown(Site site) {
        return site.paths(PATHS_SHOWN);
    }

    static Problem tooManyHeaders(int limit) {
        return new Problem(ErrorCode.HEADERS_TOO_LARGE, "the request has more than " + limit + " headers");
    }

    static Problem headTooLarge(int limit) {
        return new Problem(ErrorCode.HEADERS_TOO_LARGE, "the request's headers are larger than " + limit + " bytes");
    }
}
