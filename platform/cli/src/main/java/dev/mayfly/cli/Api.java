package dev.mayfly.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.HttpURLConnection;
import java.net.MalformedURLException;
import java.net.Proxy;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The management API of one server (docs/api.md). Every failure is thrown as a {@link Failure} that is ready to be told. */
final class Api {
    private final String base;
    private final String token;
    private final Failure unreachable;
    private final Failure refused;

    /**
     * @param unreachable what to say when nothing listens at {@code base}
     * @param refused what to say when the token is not the right one
     */
    Api(String base, String token, Failure unreachable, Failure refused) {
        this.base = base.endsWith("/") ? base.substring(0, base.length() - 1) : base;
        this.token = token;
        this.unreachable = unreachable;
        this.refused = refused;
    }

    /** Writes the body of a request. */
    interface Body {
        void writeTo(OutputStream out) throws IOException;
    }

    String base() {
        return base;
    }

    /** A part of a path or a query, percent-encoded. */
    static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    JsonObject get(String path) {
        return call("GET", path, null);
    }

    JsonObject post(String path, JsonObject body) {
        return call("POST", path, Json.write(body));
    }

    JsonObject put(String path, JsonObject body) {
        return call("PUT", path, Json.write(body));
    }

    void delete(String path) {
        call("DELETE", path, null);
    }

    private JsonObject call(String method, String path, @Nullable String json) {
        try {
            var connection = open(method, path);
            if (json != null) {
                send(connection, "application/json", json.getBytes(StandardCharsets.UTF_8));
            }
            var answer = text(accepted(connection));
            return Json.object(answer.isEmpty() ? "{}" : answer);
        } catch (IOException e) {
            throw lost(e);
        } catch (IllegalArgumentException e) {
            throw foreign();
        }
    }

    /** Sends a body of unknown length without holding it. */
    JsonObject upload(String path, String contentType, Body body) {
        try {
            var connection = open("POST", path);
            connection.setDoOutput(true);
            connection.setChunkedStreamingMode(64 * 1024);
            connection.setRequestProperty("Content-Type", contentType);
            @Nullable IOException broken = null;
            try (var out = connection.getOutputStream()) {
                body.writeTo(out);
            } catch (ConnectException e) {
                throw e;
            } catch (IOException e) {
                broken = e; // a server that refuses early has said why; that is told rather than the broken pipe
            }
            var answer = text(accepted(connection));
            if (broken != null) {
                throw broken;
            }
            return Json.object(answer.isEmpty() ? "{}" : answer);
        } catch (IOException e) {
            throw lost(e);
        } catch (IllegalArgumentException e) {
            throw foreign();
        }
    }

    /** Reads one JSON object a line until the stream ends or {@code more} answers false. */
    void lines(String method, String path, @Nullable JsonObject body, Predicate<JsonObject> more) {
        try {
            var connection = open(method, path);
            if (body != null) {
                send(connection, "application/json", Json.write(body).getBytes(StandardCharsets.UTF_8));
            }
            try (var lines = new BufferedReader(new InputStreamReader(accepted(connection), StandardCharsets.UTF_8))) {
                for (var line = lines.readLine(); line != null; line = lines.readLine()) {
                    if (!line.isBlank() && !more.test(Json.object(line))) {
                        connection.disconnect();
                        return;
                    }
                }
            }
        } catch (IOException e) {
            throw lost(e);
        } catch (IllegalArgumentException e) {
            throw foreign();
        }
    }

    /** For calls whose answer is not the API's own; see {@link #accepted}. */
    HttpURLConnection open(String method, String path) throws IOException {
        try {
            var url = URI.create(base + "/mayfly/v1" + path).toURL();
            var connection = (HttpURLConnection) url.openConnection(Proxy.NO_PROXY);
            connection.setRequestMethod(method);
            connection.setInstanceFollowRedirects(false);
            connection.setConnectTimeout(10_000);
            connection.setRequestProperty("Authorization", "Bearer " + token);
            return connection;
        } catch (MalformedURLException | IllegalArgumentException | ClassCastException e) {
            throw new Failure("server address: " + base + " (expected: http://HOST:PORT)", "--server http://HOST:PORT");
        }
    }

    static void send(HttpURLConnection connection, String contentType, byte[] body) throws IOException {
        connection.setDoOutput(true);
        connection.setFixedLengthStreamingMode(body.length);
        connection.setRequestProperty("Content-Type", contentType);
        try (var out = connection.getOutputStream()) {
            out.write(body);
        }
    }

    /** The body of an answer below 400; otherwise throws what its envelope says. */
    InputStream accepted(HttpURLConnection connection) throws IOException {
        int status = connection.getResponseCode();
        if (status < 300) {
            return connection.getInputStream();
        }
        if (status == HttpURLConnection.HTTP_UNAUTHORIZED) {
            throw refused; // what the server says to it is not readable after a body that was streamed
        }
        var stream = connection.getErrorStream();
        var text = stream == null ? "" : text(stream);
        JsonObject error;
        try {
            error = Json.object(text).object("error");
        } catch (IllegalArgumentException e) {
            throw foreign();
        }
        if (!error.has("message")) {
            throw foreign();
        }
        throw failure(error);
    }

    /** An error of the envelope, as it is told here. */
    static Failure failure(JsonObject error) {
        var request = error.text("code").equals("internal") ? " (request " + error.text("requestId") + ")" : "";
        var paths = error.texts("paths");
        var fix = error.text("fix") + (paths.isEmpty() ? "" : ":\n" + String.join("\n", paths));
        return Failure.answered(error.text("code"), error.text("message") + request, fix);
    }

    Failure lost(IOException e) {
        if (e instanceof ConnectException || e instanceof java.net.UnknownHostException) {
            return unreachable;
        }
        return new Failure("the connection to " + base + " broke: " + e.getMessage(), "mayfly doctor");
    }

    private Failure foreign() {
        return new Failure(base + " does not answer like a Mayfly server", "--server URL, or MAYFLY_SERVER");
    }

    private static String text(InputStream stream) throws IOException {
        try (stream) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
