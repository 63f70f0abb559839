package dev.mayfly.gateway;

import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpVersion;

/** Answers 103 (RFC 8297) of one invocation: passed on while the answer is not there, a few of them, to whoever can tell them from one. */
final class EarlyHints {
    private static final int MOST = 8;

    private final Invocation invocation;
    private final boolean h2c;
    private int passed;

    EarlyHints(Invocation invocation, boolean h2c) {
        this.invocation = invocation;
        this.h2c = h2c;
    }

    void pass(MultiMap hints) {
        var client = invocation.client();
        var answer = client.response();
        if (passed == MOST || client.version() == HttpVersion.HTTP_1_0 || answer.writeQueueFull()) {
            return;
        }
        passed++;
        var headers = HttpHeaders.headers();
        try {
            if (h2c) {
                H2cFields.require(hints);
            }
            ProxyHeaders.toClient(hints, headers);
        } catch (IllegalArgumentException e) {
            return; // not writable as HTTP, and the answer does without
        }
        answer.writeEarlyHints(headers.remove(HttpHeaders.CONTENT_LENGTH));
    }
}
