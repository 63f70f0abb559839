package dev.mayfly.gateway;

import dev.mayfly.gateway.observe.ConnectionEnd;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.Problem;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.util.Map.Entry;
import org.jspecify.annotations.Nullable;

/** The trailers of one request once they have come: what of them goes on, or why the request does not. */
sealed interface ReceivedTrailers {
    /** Those that may go on; there may be none left. */
    record Fields(MultiMap fields) implements ReceivedTrailers {}

    record Refused(Problem problem) implements ReceivedTrailers {}

    /**
     * To be asked when the body of {@code request} has ended.
     *
     * @param streams of its connection, if that speaks HTTP/2
     * @param limit bytes of a head for the function
     * @return null: there are none
     */
    static @Nullable ReceivedTrailers of(
            HttpServerRequest request, @Nullable StreamTrailers streams, GatewayOptions options, int limit) {
        if (streams != null) {
            var said = streams.take(request.streamId());
            return said == null ? null : checked(request, said, options, limit);
        }
        var result = request.decoderResult();
        if (result instanceof ChunkTrailers.Trailed trailed) {
            return checked(request, trailed.trailers(), options, limit);
        }
        return result.isFailure() ? broken(request, result.cause(), options) : null;
    }

    /** The connection is closed when that is answered: nothing on it can be understood from there on. */
    private static Refused broken(HttpServerRequest request, Throwable cause, GatewayOptions options) {
        boolean large = cause instanceof TooLongHttpHeaderException;
        AcceptedConnections.because(
                request.connection(), large ? ConnectionEnd.TOO_LARGE : ConnectionEnd.PROTOCOL_ERROR);
        return large ? new Refused(NotServed.headTooLarge(options.maxHeadBytes())) : malformed();
    }

    private static ReceivedTrailers checked(
            HttpServerRequest request,
            Iterable<? extends Entry<? extends CharSequence, ? extends CharSequence>> said,
            GatewayOptions options,
            int limit) {
        var ofConnection = ProxyHeaders.namedByConnection(request.headers());
        var passed = HttpHeaders.headers();
        int count = 0;
        long bytes = 0;
        for (var field : said) {
            var name = field.getKey().toString();
            var value = field.getValue().toString();
            bytes += name.length() + value.length() + 4;
            if (++count > options.clients().maxHeaders()) {
                return new Refused(NotServed.tooManyHeaders(options.clients().maxHeaders()));
            }
            if (bytes > limit) {
                return new Refused(NotServed.headTooLarge(limit));
            }
            if (!TrailerFields.isName(name) || !TrailerFields.isValue(value)) {
                return malformed();
            }
            if (TrailerFields.cross(name, ofConnection)) {
                passed.add(name, value);
            }
        }
        return new Fields(passed);
    }

    private static Refused malformed() {
        return new Refused(new Problem(
                ErrorCode.BAD_REQUEST, "the request's trailers (expected: lines of a name, a colon and a value)"));
    }
}
