package dev.mayfly.gateway;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import org.jspecify.annotations.Nullable;

/** The answer that an authority fetches (RFC 8555, section 8.3). */
final class ChallengeAnswer {
    private ChallengeAnswer() {}

    /**
     * Whether {@code request} was one for such an answer, and has it.
     *
     * @param challenges null: no certificates are made here
     */
    static boolean given(
            HttpServerRequest request, RequestTarget target, @Nullable Challenges challenges, Answers answers) {
        var answer = challenges == null ? null : challenges.at(target.host().host(), target.path());
        if (answer == null) {
            return false;
        }
        var body = Buffer.buffer(answer);
        request.response()
                .putHeader(HttpHeaders.CONTENT_TYPE, "application/octet-stream")
                .putHeader(HttpHeaders.CACHE_CONTROL, "no-store")
                .putHeader(HttpHeaders.CONTENT_LENGTH, Integer.toString(body.length()));
        answers.endAnswer(request, request.method().equals(HttpMethod.HEAD) ? null : body);
        return true;
    }
}
