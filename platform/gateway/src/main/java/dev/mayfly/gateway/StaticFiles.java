package dev.mayfly.gateway;

import dev.mayfly.gateway.encoding.Encodings;
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

/**
 * Serves files of deployments from their blobs. The digest is the strong ETag: the same bytes always have the same one. Conditions are about the form
 * that the client would get (RFC 9110, sections 8.8.3.3 and 13.2).
 */
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
        if (!method.equals(HttpMethod.GET) && !method.equals(HttpMethod.HEAD)) {
            var problem = new Problem(ErrorCode.METHOD_NOT_ALLOWED, method + " is not for files", "use GET");
            answers.problem(request, new ErrorPage(problem, answers.newId(), List.of()), Map.of("allow", "GET, HEAD"));
            return;
        }
        boolean part = method.equals(HttpMethod.GET) && request.headers().contains("range");
        var form = part ? FileForm.forPart(artifacts, request, file) : FileForm.whole(artifacts, request, file);
        if (form.isEmpty()) {
            answers.problem(
                    request,
                    new Problem(ErrorCode.INTERNAL, "the content of " + file.path() + " is lost", "deploy it again"));
            return;
        }
        answer(request, file, form.get(), part);
    }

    private static void answer(HttpServerRequest request, StaticFile file, FileForm form, boolean part) {
        var response = request.response();
        response.putHeader(HttpHeaders.ETAG, form.etag())
                .putHeader(HttpHeaders.CACHE_CONTROL, CACHE_CONTROL)
                .putHeader("x-content-type-options", "nosniff")
                .putHeader(HttpHeaders.ACCEPT_RANGES, "bytes");
        if (!file.encoded().isEmpty()) {
            Encodings.vary(response.headers());
        }
        var ifMatch = request.headers().getAll(HttpHeaders.IF_MATCH);
        var ifNoneMatch = request.headers().getAll(HttpHeaders.IF_NONE_MATCH);
        if (!ifMatch.isEmpty() && !matches(ifMatch, form.etag(), false)) {
            response.setStatusCode(412).end();
        } else if (matches(ifNoneMatch, form.etag(), true)) {
            response.setStatusCode(304).end();
        } else {
            send(request, file, form, part);
        }
    }

    private static void send(HttpServerRequest request, StaticFile file, FileForm form, boolean part) {
        var response = request.response();
        response.putHeader(HttpHeaders.CONTENT_TYPE, file.contentType());
        form.encode(response.headers());
        switch (part ? range(request, form) : new ByteRange.Whole()) {
            case ByteRange.Whole whole -> send(request, form.content(), 0, form.size());
            case ByteRange.Part(var first, var last) -> {
                response.setStatusCode(206)
                        .putHeader("content-range", "bytes " + first + "-" + last + "/" + form.size());
                send(request, form.content(), first, last - first + 1);
            }
            case ByteRange.Unsatisfiable none -> unsatisfiable(response, form);
        }
    }

    private static void unsatisfiable(HttpServerResponse response, FileForm form) {
        response.headers().remove(HttpHeaders.CONTENT_TYPE).remove(HttpHeaders.CONTENT_ENCODING);
        response.setStatusCode(ErrorCode.RANGE_NOT_SATISFIABLE.status())
                .putHeader("content-range", "bytes */" + form.size())
                .end();
    }

    private static ByteRange range(HttpServerRequest request, FileForm form) {
        var header = request.getHeader("range");
        var condition = request.getHeader("if-range");
        return header == null || (condition != null && !condition.equals(form.etag()))
                ? new ByteRange.Whole()
                : ByteRange.of(header, form.size());
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

    /**
     * Comparison with tags, or with {@code *}, which is whatever is there, but stands alone (RFC 9110, sections 13.1.1 and 13.1.2).
     *
     * @param weak whether {@code W/} makes no difference (section 8.8.3.2)
     */
    private static boolean matches(List<String> headers, String etag, boolean weak) {
        if (headers.size() == 1 && headers.getFirst().strip().equals("*")) {
            return true;
        }
        for (var header : headers) {
            for (var tag : header.split(",", -1)) {
                var plain = tag.strip();
                if (plain.equals(etag) || (weak && plain.equals("W/" + etag))) {
                    return true;
                }
            }
        }
        return false;
    }
}
