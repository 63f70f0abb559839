package dev.mayfly.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.model.Digest;
import dev.mayfly.model.StaticFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A project's own page for what it does not have. */
class NotFoundPageTest {
    private static final String BROWSER = "Accept: text/html,*/*;q=0.8";

    @TempDir
    Path folder;

    @Test
    void aBrowserIsShownTheProjectsOwnPage() throws Exception {
        try (var edge = edgeWith("/404.html")) {
            var page = edge.get("/none", BROWSER, "If-None-Match: *", "Range: bytes=0-1");

            assertThat(page)
                    .startsWith("HTTP/1.1 404 ")
                    .contains("content-type: text/html; charset=utf-8\r\n")
                    .contains("vary: accept\r\n")
                    .contains("x-mayfly-request-id: ")
                    .endsWith("\r\n\r\n" + TestEdge.FILE);
        }
    }

    @Test
    void aHeadOfItHasNoBody() throws Exception {
        try (var edge = edgeWith("/404.html")) {
            assertThat(edge.send("HEAD", "/none", "", BROWSER))
                    .startsWith("HTTP/1.1 404 ")
                    .contains("content-length: 10\r\n")
                    .endsWith("\r\n\r\n");
        }
    }

    @Test
    void programsAreToldByThePlatform() throws Exception {
        try (var edge = edgeWith("/404.html")) {
            assertThat(edge.get("/none", "Accept: application/json")).contains("{\"error\":{\"code\":\"not_found\"");
            assertThat(edge.get("/none")).contains("there is nothing at /none");
            assertThat(edge.send("POST", "/none", "", BROWSER, "Content-Length: 0"))
                    .contains("there is nothing at /none");
            assertThat(edge.get("/api/none", BROWSER)).contains("there is nothing at /api/none");
            assertThat(edge.get("/%61pi/none", BROWSER)).contains("there is nothing at ");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/docs/404.html", "/404.html/index.html", "/404.HTML", "/../404.html", "/404.html\r\nx: y"})
    void onlyTheFileOfThatNameIsIt(String path) throws Exception {
        try (var edge = edgeWith(path)) {
            assertThat(edge.get("/none", BROWSER)).startsWith("HTTP/1.1 404 ").contains("there is nothing at /none");
        }
    }

    @Test
    void whereItsContentIsLostThePlatformTells() throws Exception {
        try (var edge = edgeWith("/404.html")) {
            Files.delete(folder.resolve("blob"));

            assertThat(edge.get("/none", BROWSER)).startsWith("HTTP/1.1 404 ").contains("there is nothing at /none");
        }
    }

    private TestEdge edgeWith(String path) throws IOException {
        var page = new StaticFile(path, Digest.of(TestEdge.FILE), TestEdge.FILE.length(), "text/html; charset=utf-8");
        return new TestEdge(folder, ScriptedInstance.always(""), TestEdge.options(), TestEdge.deployment(page));
    }
}
