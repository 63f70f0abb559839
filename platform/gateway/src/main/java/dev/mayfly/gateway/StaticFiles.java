package dev.mayfly.gateway;

import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.Problem;
import dev.mayfly.model.StaticFile;
import dev.mayfly.store.Artifacts;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Serves files of deployments from their blobs. The digest is the strong ETag: the same bytes always have the same one. */
final class StaticFiles {
    static final String CACHE_CONTROL = "public, max-age=0, must-revalidate";

    private final Artifacts artifacts;
    private final Answers answers;

    StaticFiles(Artifacts artifacts, Answers answers) {
        this.artifacts = artifacts;
        this.answers = answers;
    }

    /** @param method what is asked of the file; the request's own, but where the management API calls */
    void serve(HttpServerRequest request, HttpMethod method, StaticFile file) {
        answers.afterBody(request, () -> answer(request, method, file));
    }

    private void answer(HttpServerRequest request, HttpMethod method, StaticFile file) {
        var response = request.response();
        if (!method.equals(HttpMethod.GET) && !method.equals(HttpMethod.HEAD)) {
            var problem = new Problem(ErrorCode.METHOD_NOT_ALLOWED, method + " is not for files", "use GET");
            answers.problem(request, new ErrorPage(problem, answers.newId(), List.of()), Map.of("allow", "GET, HEAD"));
            return;
        }
        var blob = artifacts.blob(file.blob());
        if (blob.isEmpty()) {
            answers.problem(
                    request,
                    new Problem(ErrorCode.INTERNAL, "the content of " + file.path() + " is lost", "deploy it again"));
            return;
        }
        var etag = '"' + file.blob().hex() + '"';
        response.putHeader(HttpHeaders.ETAG, etag)
                .putHeader(HttpHeaders.CACHE_CONTROL, CACHE_CONTROL)
                .putHeader("x-content-type-options", "nosniff")
                .putHeader(HttpHeaders.ACCEPT_RANGES, "bytes");
        var ifNoneMatch = request.headers().getAll(HttpHeaders.IF_NONE_MATCH);
        if (ifNoneMatch.stream().anyMatch(header -> matches(header, etag))) {
            response.setStatusCode(304).end();
        } else {
            response.putHeader(HttpHeaders.CONTENT_TYPE, file.contentType());
            switch (range(request, file, etag)) {
                case ByteRange.Whole whole -> send(request, blob.get(), 0, file.size());
                case ByteRange.Part(var first, var last) -> {
                    response.setStatusCode(206)
                            .putHeader("content-range", "bytes " + first + "-" + last + "/" + file.size());
                    send(request, blob.get(), first, last - first + 1);
                }
                case ByteRange.Unsatisfiable none -> unsatisfiable(response, file);
            }
        }
    }

    private static void unsatisfiable(HttpServerResponse response, StaticFile file) {
        response.headers().remove(HttpHeaders.CONTENT_TYPE);
        response.setStatusCode(ErrorCode.RANGE_NOT_SATISFIABLE.status())
                .putHeader("content-range", "bytes */" + file.size())
                .end();
    }

    private static ByteRange range(HttpServerRequest request, StaticFile file, String etag) {
        var header = request.getHeader("range");
        var condition = request.getHeader("if-range");
        return header == null || (condition != null && !condition.equals(etag))
                ? new ByteRange.Whole()
                : ByteRange.of(header, file.size());
    }

    /** The head is complete but for the length. */
    static void send(HttpServerRequest request, Path blob, long offset, long length) {
        var response = request.response();
        response.putHeader(HttpHeaders.CONTENT_LENGTH, Long.toString(length));
        if (request.method().equals(HttpMethod.HEAD) || length == 0) {
            response.end();
        } else {
            response.sendFile(blob.toString(), offset, length)
                    .onFailure(failure -> response.reset(Http2Errors.INTERNAL_ERROR));
        }
    }

    /** Weak comparison with a list of entity tags (RFC 9110, section 13.1.2). */
    private static boolean matches(String header, String etag) {
        for (var tag : header.split(",", -1)) {
            var plain = tag.strip();
            if (plain.equals("*") || plain.equals(etag) || plain.equals("W/" + etag)) {
                return true;
            }
        }
        return false;
    }
}
