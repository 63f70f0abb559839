package dev.mayfly.gateway;

import dev.mayfly.model.StaticFile;
import dev.mayfly.store.Artifacts;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;

/**
 * Tells that nothing is there, with the project's own {@code 404.html} to whoever reads HTML and with the platform's page to all others.
 * Conditions and ranges are not for it: they are about an answer that would have succeeded (RFC 9110, section 13.2.1).
 */
final class NotFoundPage {
    private final Artifacts artifacts;
    private final Answers answers;

    NotFoundPage(Artifacts artifacts, Answers answers) {
        this.artifacts = artifacts;
        this.answers = answers;
    }

    /** @param otherwise answers where the project's own page is not for this request, or its content is lost */
    void serve(HttpServerRequest request, Site site, String rawPath, Runnable otherwise) {
        var page = site.notFoundPage(rawPath);
        if (page == null || !isFor(request)) {
            otherwise.run();
            return;
        }
        FileForm.whole(artifacts, request, page)
                .ifPresentOrElse(form -> answers.afterBody(request, () -> send(request, page, form)), otherwise);
    }

    private static boolean isFor(HttpServerRequest request) {
        boolean reads =
                request.method().equals(HttpMethod.GET) || request.method().equals(HttpMethod.HEAD);
        return reads && ErrorPage.Form.accepted(request.getHeader(HttpHeaders.ACCEPT)) == ErrorPage.Form.HTML;
    }

    private void send(HttpServerRequest request, StaticFile page, FileForm form) {
        var response = request.response();
        response.setStatusCode(404)
                .putHeader(Answers.REQUEST_ID, answers.newId().toString())
                .putHeader(HttpHeaders.CONTENT_TYPE, page.contentType())
                .putHeader(HttpHeaders.VARY, page.encoded().isEmpty() ? "accept" : "accept, accept-encoding")
                .putHeader("x-content-type-options", "nosniff")
                .putHeader(HttpHeaders.CACHE_CONTROL, StaticFiles.CACHE_CONTROL);
        form.encode(response.headers());
        StaticFiles.send(request, form.content(), 0, form.size());
    }
}
