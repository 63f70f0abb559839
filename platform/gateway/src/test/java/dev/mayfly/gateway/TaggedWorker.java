package dev.mayfly.gateway;

import dev.mayfly.model.InvocationId;
import dev.mayfly.provider.ExitStatus;
import dev.mayfly.provider.InstanceReports;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A worker whose answers say whose they are: each request has a tag, of which the whole answer consists; one with a body is answered with that body. It
 * tells when it starts and ends, like every worker, and starts nothing any more once it is killed.
 */
final class TaggedWorker {
    private static final Pattern TAG = Pattern.compile("tag=(\\w{12})&size=(\\d{1,7})&chunks=(\\d)");
    private static final Pattern INVOCATION =
            Pattern.compile("x-mayfly-invocation: (\\p{XDigit}{16})\r\n", Pattern.CASE_INSENSITIVE);
    private static final Pattern LENGTH =
            Pattern.compile("\r\ncontent-length: (\\d{1,7})\r\n", Pattern.CASE_INSENSITIVE);
    private static final Pattern CHUNKED =
            Pattern.compile("\r\ntransfer-encoding: chunked\r\n", Pattern.CASE_INSENSITIVE);

    private final ScriptedInstance socket;
    private final InstanceReports reports;
    private final Map<String, Integer> executions;
    private boolean killed;

    /** @param executions counts by tag how often a request was started */
    TaggedWorker(Path path, InstanceReports reports, Map<String, Integer> executions) throws IOException {
        this.reports = reports;
        this.executions = executions;
        this.socket = new ScriptedInstance(path, this::serve);
    }

    /** {@code <tag>} again and again. */
    static String body(String tag, int size) {
        return ("<" + tag + ">").repeat(size / 14 + 1).substring(0, size);
    }

    private void serve(ScriptedInstance.Conversation conversation) throws IOException {
        for (var head = conversation.head(); head.isPresent(); head = conversation.head()) {
            if (!answer(conversation, head.get())) {
                return;
            }
        }
    }

    /** Whether the connection goes on. */
    private boolean answer(ScriptedInstance.Conversation conversation, String head) throws IOException {
        var asked = TAG.matcher(head);
        if (!asked.find()) {
            conversation.write("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            return false;
        }
        var id = INVOCATION.matcher(head);
        long invocation = id.find() ? InvocationId.parse(id.group(1)).value() : 0;
        if (!start(invocation, asked.group(1))) {
            return false;
        }
        try {
            var body = requestBody(conversation, head).orElse(body(asked.group(1), Integer.parseInt(asked.group(2))));
            conversation.write(asked.group(3).equals("1") ? chunked(body) : whole(body));
            return true;
        } finally {
            reports.ended(invocation);
        }
    }

    private synchronized boolean start(long invocation, String tag) {
        if (!killed) {
            reports.started(invocation);
            executions.merge(tag, 1, Integer::sum);
        }
        return !killed;
    }

    void kill() throws IOException {
        synchronized (this) {
            if (killed) {
                return;
            }
            killed = true;
        }
        socket.close();
        reports.exited(new ExitStatus(0), 0);
    }

    private static Optional<String> requestBody(ScriptedInstance.Conversation conversation, String head)
            throws IOException {
        if (CHUNKED.matcher(head).find()) {
            var body = new StringBuilder();
            for (int size = chunkSize(conversation); size > 0; size = chunkSize(conversation)) {
                body.append(conversation.readBody(size));
                conversation.readBody(2);
            }
            conversation.readBody(2);
            return Optional.of(body.toString());
        }
        var length = LENGTH.matcher(head);
        return length.find() && !length.group(1).equals("0")
                ? Optional.of(conversation.readBody(Integer.parseInt(length.group(1))))
                : Optional.empty();
    }

    private static int chunkSize(ScriptedInstance.Conversation conversation) throws IOException {
        var line = new StringBuilder();
        while (line.indexOf("\r\n") < 0) {
            int next = conversation.read();
            if (next < 0 || line.length() > 20) {
                throw new IOException("no chunk");
            }
            line.append((char) next);
        }
        try {
            int size = Integer.parseInt(line.substring(0, line.length() - 2), 16);
            if (size < 0 || size > 1_000_000) {
                throw new IOException("no chunk: " + line);
            }
            return size;
        } catch (NumberFormatException e) {
            throw new IOException(e);
        }
    }

    private static String whole(String body) {
        return "HTTP/1.1 200 OK\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
    }

    private static String chunked(String body) {
        var answer = new StringBuilder("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        for (int at = 0; at < body.length(); at += 3000) {
            var chunk = body.substring(at, Math.min(body.length(), at + 3000));
            answer.append(Integer.toHexString(chunk.length()))
                    .append("\r\n")
                    .append(chunk)
                    .append("\r\n");
        }
        return answer.append("0\r\n\r\n").toString();
    }
}
