package dev.mayfly.gateway;

import dev.mayfly.model.Entrypoint;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.Problem;
import dev.mayfly.model.Protocol;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClosedException;
import io.vertx.core.http.StreamResetException;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Why an instance did not answer properly, as its caller reads it. A program that speaks another protocol than its settings say is told which one names it.
 *
 * @param refused whether the instance has promised that it did nothing with the request (RFC 9113, section 8.7)
 * @param otherProtocol whether it may speak the other one
 * @param gone whether it may be no more, for which there is a better word then
 */
record InstanceFailure(String what, boolean refused, boolean otherProtocol, boolean gone) {
    static InstanceFailure of(@Nullable String what) {
        return new InstanceFailure(String.valueOf(what), false, false, false);
    }

    /** It may speak another protocol than HTTP/1.1, where its client does. */
    static InstanceFailure silent(boolean otherProtocol) {
        return new InstanceFailure("it closed the connection without an answer", false, otherProtocol, true);
    }

    /** HTTP/1.1 was asked for, and this is something else. */
    static InstanceFailure notHttp1() {
        return new InstanceFailure("its answer is not HTTP/1.1", false, true, false);
    }

    /** HTTP/2 was asked for, and the connection came to nothing. */
    static InstanceFailure noHttp2(Throwable cause) {
        return cause instanceof IOException
                ? of("it takes no connection")
                : new InstanceFailure("it does not speak HTTP/2", false, true, true);
    }

    /** A request of HTTP/2 that was begun. */
    static InstanceFailure ofStream(Throwable cause, HttpClientRequest request) {
        var connection = H2cConnection.of(request.connection());
        if (connection.flooded()) {
            return of("it sent more PING or SETTINGS than anybody needs");
        }
        var goAway = connection.goAway();
        return switch (cause) {
            case StreamResetException reset ->
                new InstanceFailure(
                        "it reset the request with " + name(reset.getCode()),
                        reset.getCode() == Http2Error.REFUSED_STREAM.code(),
                        false,
                        false);
            case HttpClosedException closed
            when goAway != null ->
                new InstanceFailure(
                        "it closed the connection with " + name(goAway.getErrorCode()),
                        connection.neverTook(request.streamId()),
                        false,
                        true);
            case Http2Exception broken -> of("it broke a rule of HTTP/2, " + broken.error());
            default -> silent(false);
        };
    }

    private static String name(long code) {
        var error = Http2Error.valueOf(code);
        return error == null ? "the unknown code " + code : error.toString();
    }

    /** @param id of the invocation */
    Problem problem(Outgoing outgoing, String id) {
        var function = outgoing.function();
        var logs = "mayfly logs " + outgoing.deployment().project() + " --request " + id;
        boolean program = function.entrypoint().kind() == Entrypoint.Kind.COMMAND;
        var fix = otherProtocol && program ? hint(function.protocol()) + "; " + logs : logs;
        return new Problem(
                ErrorCode.FUNCTION_BAD_RESPONSE,
                "the function " + function.name() + " did not answer properly: " + what,
                fix);
    }

    private static String hint(Protocol spoken) {
        return switch (spoken) {
            case HTTP1 -> "if it speaks HTTP/2 without TLS, as servers of gRPC do, set protocol: h2c in mayfly.yaml";
            case H2C -> "if it speaks HTTP/1.1, set protocol: http1 in mayfly.yaml";
        };
    }
}
