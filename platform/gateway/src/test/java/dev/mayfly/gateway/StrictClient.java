package dev.mayfly.gateway;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/** One client of HTTP/1.1 on one connection, who takes not one byte more or less than an answer has, and complains of everything that is none. */
final class StrictClient implements AutoCloseable {
    private static final int LONGEST_LINE = 70_000;
    private static final Pattern HEADER =
            Pattern.compile("([A-Za-z0-9!#$%&'*+.^_`|~-]+):([^\\x00-\\x08\\x0a-\\x1f\\x7f]*)");

    private final Socket socket;
    private final InputStream in;

    /** What became of a request. */
    sealed interface Result {
        /** One whole answer. */
        record Whole(int status, Map<String, String> headers, String body) implements Result {}

        /**
         * The connection ended first.
         *
         * @param status 0: before a head had come
         */
        record Cut(int status, Map<String, String> headers, String part) implements Result {}
    }

    StrictClient(int port) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(60_000);
        in = new BufferedInputStream(socket.getInputStream());
    }

    /** Sends {@code request} and reads what comes; a head that is no head of an answer is an {@link AssertionError}. */
    Result ask(String request) {
        var body = new ByteArrayOutputStream();
        var headers = new LinkedHashMap<String, String>();
        int status = 0;
        try {
            if (in.available() > 0) {
                throw new AssertionError("bytes that nobody asked for: " + line());
            }
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            do {
                var first = line();
                if (!first.matches("HTTP/1\\.1 \\d{3} .*")) {
                    throw new AssertionError("no answer begins so: " + first);
                }
                headers.clear();
                for (var line = line(); !line.isEmpty(); line = line()) {
                    add(line, headers);
                }
                status = Integer.parseInt(first.substring(9, 12));
            } while (status < 200);
            readBody(status, headers, body);
            return new Result.Whole(status, headers, body.toString(StandardCharsets.ISO_8859_1));
        } catch (SocketTimeoutException e) {
            throw new AssertionError(
                    "neither an answer nor an end: " + status + " "
                            + request.lines().findFirst(),
                    e);
        } catch (IOException end) {
            return new Result.Cut(status, headers, body.toString(StandardCharsets.ISO_8859_1));
        }
    }

    /** Of two with one name the last is kept; neither is to say where the answer ends. */
    private static void add(String line, Map<String, String> headers) {
        var header = HEADER.matcher(line);
        if (!header.matches()) {
            throw new AssertionError("no header: " + Noise.escaped(line));
        }
        var name = header.group(1).toLowerCase(Locale.ROOT);
        boolean framed = headers.containsKey("content-length") || headers.containsKey("transfer-encoding");
        if (framed && (name.equals("content-length") || name.equals("transfer-encoding"))) {
            throw new AssertionError("two say where the answer ends: " + headers + " and " + line);
        }
        headers.put(name, header.group(2).strip());
    }

    /** Sends and leaves without waiting. */
    void sendAndLeave(String request) throws IOException {
        socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
        socket.close();
    }

    private void readBody(int status, Map<String, String> headers, ByteArrayOutputStream body) throws IOException {
        if (status == 204 || status == 304) {
            return;
        }
        var length = headers.get("content-length");
        if (length != null) {
            read(Integer.parseInt(length), body);
        } else if ("chunked".equals(headers.get("transfer-encoding"))) {
            for (int size = Integer.parseInt(line(), 16); size > 0; size = Integer.parseInt(line(), 16)) {
                read(size, body);
                if (!line().isEmpty()) {
                    throw new AssertionError("a chunk that does not end where it says");
                }
            }
            while (!line().isEmpty()) {}
        } else {
            throw new AssertionError("no end is said: " + headers);
        }
    }

    private void read(int length, ByteArrayOutputStream body) throws IOException {
        var buffer = new byte[16 * 1024];
        for (int left = length; left > 0; ) {
            int got = in.read(buffer, 0, Math.min(left, buffer.length));
            if (got < 0) {
                throw new EOFException();
            }
            body.write(buffer, 0, got);
            left -= got;
        }
    }

    private String line() throws IOException {
        var line = new StringBuilder();
        while (true) {
            int next = in.read();
            if (next < 0) {
                throw new EOFException();
            }
            if (next == '\n' && !line.isEmpty() && line.charAt(line.length() - 1) == '\r') {
                return line.substring(0, line.length() - 1);
            }
            line.append((char) next);
            if (line.length() > LONGEST_LINE) {
                throw new AssertionError("no line of an answer: " + line);
            }
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
