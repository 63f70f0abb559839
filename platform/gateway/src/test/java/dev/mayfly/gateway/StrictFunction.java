package dev.mayfly.gateway;

import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Pattern;

/** A function that writes down each request as a strict reader sees it, takes anything else for a second one, and answers {@code ok}. */
final class StrictFunction implements ScriptedInstance.Script {
    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    private static final Pattern TRAILER =
            Pattern.compile("[A-Za-z0-9!#$%&'*+.^_`|~-]+: [^\\x00-\\x08\\x0a-\\x1f\\x7f]*");

    private final List<String> heads = new CopyOnWriteArrayList<>();
    private final List<String> bodies = new CopyOnWriteArrayList<>();

    List<String> heads() {
        return heads;
    }

    /** What each is framed as, or what is wrong with that; of a head whose body has not come there is none yet. */
    List<String> bodies() {
        return bodies;
    }

    @Override
    public void run(ScriptedInstance.Conversation conversation) throws IOException {
        for (var head = conversation.head(); head.isPresent(); head = conversation.head()) {
            heads.add(head.get());
            bodies.add(body(conversation, head.get().toLowerCase(Locale.ROOT)));
            conversation.write(OK);
        }
    }

    private static String body(ScriptedInstance.Conversation conversation, String head) {
        var lengths =
                head.lines().filter(line -> line.startsWith("content-length:")).toList();
        var encodings = head.lines()
                .filter(line -> line.startsWith("transfer-encoding:"))
                .toList();
        if (lengths.size() + encodings.size() > 1) {
            return "framed twice: " + lengths + encodings;
        }
        var body = new StringBuilder();
        try {
            if (!lengths.isEmpty()) {
                body.append(conversation.readBody(
                        Integer.parseInt(lengths.getFirst().substring(15).strip())));
            } else if (!encodings.isEmpty()) {
                readChunks(conversation, body);
            }
            return body.toString();
        } catch (IOException | NumberFormatException e) {
            return "no body after " + body + ": " + e.getMessage();
        }
    }

    private static void readChunks(ScriptedInstance.Conversation conversation, StringBuilder body) throws IOException {
        int length = -1;
        while (length != 0) {
            length = Integer.parseInt(line(conversation), 16);
            body.append(conversation.readBody(length));
            var after = line(conversation);
            while (length == 0 && TRAILER.matcher(after).matches()) { // a trailer
                after = line(conversation);
            }
            if (!after.isEmpty()) {
                throw new IOException("a chunk ends with " + after);
            }
        }
    }

    private static String line(ScriptedInstance.Conversation conversation) throws IOException {
        var line = new StringBuilder();
        while (line.length() < 2 || line.charAt(line.length() - 1) != '\n') {
            int next = conversation.read();
            if (next < 0) {
                throw new IOException("ended within a chunk");
            }
            line.append((char) next);
        }
        return line.substring(0, line.length() - 2);
    }
}
