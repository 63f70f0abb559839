package dev.mayfly.model;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which types are worth compressing. */
class CompressibleTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "text/html",
                "Text/HTML; charset=utf-8",
                "text/x-anything",
                "application/json ;charset=utf-8",
                "application/problem+json",
                "application/x-ndjson",
                "application/wasm",
                "image/svg+xml",
                "font/ttf",
            })
    void textIs(String type) {
        assertThat(Compressible.is(type)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ";",
                "text",
                "application/octet-stream",
                "application/octet-stream; name=a+json",
                "image/png",
                "font/woff2",
                "application/zip",
                "multipart/x-mixed-replace; boundary=a",
                "text/event-stream",
                "Text/Event-Stream;charset=utf-8",
                "application/grpc",
                "application/grpc+json",
                "application/grpc-web+json",
            })
    void whatIsCompressedAlreadyOrMustNotWaitIsNot(String type) {
        assertThat(Compressible.is(type)).isFalse();
    }
}
