package dev.mayfly.control;

import java.io.IOException;

/** What an endpoint answers. */
sealed interface Answer {
    /** @param body of maps, lists, text and numbers */
    record Json(int status, Object body) implements Answer {}

    /** JSON as it lies in a resource. */
    record Text(String json) implements Answer {}

    /** Numbers as Prometheus reads them. */
    record Exposition(String text) implements Answer {}

    record Empty(int status) implements Answer {}

    /** JSON lines, written while they come to be. */
    record Lines(Source source) implements Answer {}

    /** The event loop answers: the request is handed on untouched. */
    record HandedOn(Runnable onLoop) implements Answer {}

    static Answer json(Object body) {
        return new Json(200, body);
    }

    /** Writes lines until it has said all. */
    @FunctionalInterface
    interface Source {
        void writeTo(Sink sink) throws Exception;
    }

    /** Takes one line at a time and returns when it is on its way. */
    @FunctionalInterface
    interface Sink {
        void line(Object body) throws IOException;
    }
}
