package dev.mayfly.cli;

import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** One call of a function through the management API. */
record Invocation(Api api, String project, String method, String path) {
    /**
     * What the function answered.
     *
     * @param invocation id of the usage record; empty when no function was called, as for a file or a path where nothing is
     */
    record Answer(int status, Map<String, List<String>> headers, InputStream body, String invocation) {
        /** Reads it to its end; the invocation ends only then. */
        void drain() {
            try (body) {
                body.transferTo(java.io.OutputStream.nullOutputStream());
            } catch (IOException e) {
                throw new Failure(
                        "the function's answer broke off: " + e.getMessage(), "mayfly logs --request " + invocation);
            }
        }
    }

    /** @param headers {@code Name: value} */
    Answer send(List<String> headers, byte[] body, Optional<String> deployment) {
        var query = new StringBuilder("?method=" + Api.encode(method) + "&path=" + Api.encode(ascii(path)));
        deployment.ifPresent(id -> query.append("&deployment=").append(Api.encode(id)));
        try {
            var connection = api.open("POST", "/projects/" + Api.encode(project) + "/functions/-/invocations" + query);
            var type = "application/octet-stream";
            for (var header : headers) {
                int colon = header.indexOf(':');
                if (colon < 1) {
                    throw Failure.usage("header: " + header + " (expected: Name: value)", "-H 'Accept: text/plain'");
                }
                var name = header.substring(0, colon).strip();
                var value = header.substring(colon + 1).strip();
                if (name.equalsIgnoreCase("content-type")) {
                    type = value;
                } else {
                    connection.setRequestProperty(name, value);
                }
            }
            Api.send(connection, type, body);
            return answer(connection);
        } catch (IOException e) {
            throw api.lost(e);
        }
    }

    /** What a person types into a path as it goes over the wire: spaces and letters beyond ASCII percent-encoded, the rest as it is. */
    static String ascii(String path) {
        var out = new StringBuilder();
        path.codePoints().forEach(c -> {
            if (c > ' ' && c < 0x7F) {
                out.appendCodePoint(c);
            } else {
                out.append(Api.encode(Character.toString(c)));
            }
        });
        return out.toString();
    }

    private Answer answer(HttpURLConnection connection) throws IOException {
        int status = connection.getResponseCode();
        var invocation = connection.getHeaderField("x-mayfly-invocation");
        var type = connection.getContentType();
        if (invocation == null && status >= 400 && (type == null || !type.startsWith("text/"))) {
            return new Answer(status, Map.of(), api.accepted(connection), "");
        }
        var body = status < 400 ? connection.getInputStream() : connection.getErrorStream();
        var headers = new LinkedHashMap<>(connection.getHeaderFields());
        return new Answer(
                status,
                headers,
                body == null ? InputStream.nullInputStream() : body,
                invocation == null ? "" : invocation);
    }
}
