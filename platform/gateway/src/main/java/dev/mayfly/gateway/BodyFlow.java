package dev.mayfly.gateway;

import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;

/**
 * Reads a request's body, or lets it wait where it is. The body of a request that asked for HTTP/2 by upgrade still comes in HTTP/1.1, and Vert.x takes
 * it in without end whether anybody reads it or not; nothing else comes over its connection until then, so that as a whole is what waits.
 */
public final class BodyFlow {
    private final HttpServerRequest request;
    private final boolean upgraded;

    /** On the event loop of {@code request}. */
    public BodyFlow(HttpServerRequest request) {
        this.request = request;
        this.upgraded =
                request.version() == HttpVersion.HTTP_2 && AcceptedConnections.speaksHttp1(request.connection());
    }

    /** Nothing more is handed to the handler of {@code request} from now on. */
    public void pause() {
        request.pause();
        if (upgraded && !request.isEnded()) {
            AcceptedConnections.read(request.connection(), false);
        }
    }

    /** Whatever comes is. */
    public void resume() {
        request.resume();
        if (request.version() == HttpVersion.HTTP_2) { // it may have gone over to that while it waited
            AcceptedConnections.read(request.connection(), true);
        }
    }
}
