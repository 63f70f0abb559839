package dev.mayfly.cli;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** Calls functions of one project at their URLs, as any client does; never tries again by itself. */
record FunctionCall(String url) {
    private static final Duration LONGEST = Duration.ofSeconds(30);

    /**
     * What came back whole.
     *
     * @param request id of the invocation; empty when no function was called
     */
    record Answer(int status, String body, String request) {
        /** The body of a success. Anything else is a failure that says what came instead. */
        JsonObject json() {
            if (status != 200) {
                throw new Failure("the function answered " + this, "mayfly doctor");
            }
            return Json.object(body);
        }

        /** The platform's code for an error; empty when it was none. */
        String code() {
            return error().text("code");
        }

        String message() {
            return error().text("message");
        }

        private JsonObject error() {
            try {
                return Json.object(body).object("error");
            } catch (IllegalArgumentException e) {
                return new JsonObject(Map.of());
            }
        }

        @Override
        public String toString() {
            var message = message();
            return message.isEmpty() ? String.valueOf(status) : status + " " + code() + ": " + message;
        }
    }

    /**
     * Sends one POST.
     *
     * @throws IOException when the connection was lost before the end of the answer
     */
    Answer post(String path, Map<String, Object> question) throws IOException {
        var target = URI.create(url.replaceAll("/$", "") + path).toURL();
        var connection = (HttpURLConnection) target.openConnection(Proxy.NO_PROXY);
        connection.setRequestMethod("POST");
        connection.setConnectTimeout((int) LONGEST.toMillis());
        connection.setReadTimeout((int) LONGEST.toMillis());
        connection.setRequestProperty("Accept", "application/json");
        connection.setRequestProperty("Connection", "close");
        Api.send(
                connection,
                "application/json",
                Json.write(new JsonObject(Map.copyOf(question))).getBytes(StandardCharsets.UTF_8));
        int status = connection.getResponseCode();
        try (var body = status < 400 ? connection.getInputStream() : connection.getErrorStream()) {
            var text = body == null ? "" : new String(body.readAllBytes(), StandardCharsets.UTF_8);
            var request = connection.getHeaderField("x-mayfly-request-id");
            return new Answer(status, text, request == null ? "" : request);
        }
    }

    /** The same without waiting for it. */
    Later later(String path, Map<String, Object> question) {
        var answer = new CompletableFuture<Answer>();
        Thread.ofVirtual().name("call").start(() -> {
            try {
                answer.complete(post(path, question));
            } catch (IOException e) {
                answer.completeExceptionally(e);
            }
        });
        return new Later(answer);
    }

    /** An answer that is under way. */
    record Later(CompletableFuture<Answer> answer) {
        boolean isDone() {
            return answer.isDone();
        }

        /** Waits for it. @throws IOException when the connection was lost */
        Answer await() throws IOException {
            try {
                return answer.join();
            } catch (CompletionException e) {
                throw e.getCause() instanceof IOException lost ? lost : new IOException(e);
            }
        }
    }
}
