package dev.mayfly.gateway;

import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** An instance that does, on a Unix socket, what a test says: byte for byte, HTTP or not. */
final class ScriptedInstance implements AutoCloseable {
    private final Path path;
    private final ServerSocketChannel listener;
    private final Script script;
    private final List<SocketChannel> open = new CopyOnWriteArrayList<>();
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private final AtomicInteger connections = new AtomicInteger();

    /** What happens on one connection; it is closed when this returns. */
    interface Script {
        void run(Conversation conversation) throws IOException;
    }

    ScriptedInstance(Path path, Script script) throws IOException {
        this.path = path;
        this.script = script;
        this.listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        listener.bind(UnixDomainSocketAddress.of(path));
        Thread.ofVirtual().start(this::accept);
    }

    /** Answers every request with these bytes and keeps the connection. */
    static Script always(String answer) {
        return conversation -> {
            while (conversation.readHead()) {
                conversation.write(answer);
            }
        };
    }

    Path path() {
        return path;
    }

    /** Heads of all requests so far. */
    List<String> requests() {
        return requests;
    }

    int connections() {
        return connections.get();
    }

    /** How many connections nobody has closed. */
    int open() {
        return open.size();
    }

    private void accept() {
        try {
            while (true) {
                var channel = listener.accept();
                connections.incrementAndGet();
                open.add(channel);
                Thread.ofVirtual().start(() -> converse(channel));
                if (!listener.isOpen()) {
                    channel.close();
                }
            }
        } catch (IOException closed) {
            // the test is over
        }
    }

    private void converse(SocketChannel channel) {
        try (channel) {
            script.run(new Conversation(channel));
        } catch (IOException gone) {
            // so is the other side
        } finally {
            open.remove(channel);
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
        for (var channel : open) {
            channel.close();
        }
    }

    /** One connection. */
    final class Conversation {
        private final SocketChannel channel;
        private String last = "";
        private final ByteBuffer buffer = ByteBuffer.allocate(64 * 1024).flip();
        private final AtomicInteger reads = new AtomicInteger();

        private Conversation(SocketChannel channel) {
            this.channel = channel;
        }

        /** Reads one request's head; false at the end of the connection. */
        boolean readHead() throws IOException {
            var head = head();
            head.ifPresent(requests::add);
            last = head.orElse("");
            return head.isPresent();
        }

        /** Whether the head that was read last has this text. */
        boolean asked(String text) {
            return last.contains(text);
        }

        /** The same, empty at the end of the connection, for who asks more often than can be remembered. */
        Optional<String> head() throws IOException {
            var head = new StringBuilder();
            int ending = 0;
            while (ending < 4) {
                int next = read();
                if (next < 0) {
                    return Optional.empty();
                }
                head.append((char) next);
                ending = next == "\r\n\r\n".charAt(ending) ? ending + 1 : next == '\r' ? 1 : 0;
            }
            return Optional.of(head.toString());
        }

        String readBody(int length) throws IOException {
            var body = new StringBuilder();
            for (int i = 0; i < length; i++) {
                int next = read();
                if (next < 0) {
                    throw new EOFException();
                }
                body.append((char) next);
            }
            return body.toString();
        }

        /** Reads until the other side closes, and says how much that was. */
        long readAll() throws IOException {
            long count = 0;
            while (read() >= 0) {
                count++;
            }
            return count;
        }

        int read() throws IOException {
            if (!buffer.hasRemaining()) {
                buffer.clear();
                int got = channel.read(buffer);
                reads.incrementAndGet();
                if (got < 0) {
                    buffer.flip();
                    return -1;
                }
                buffer.flip();
            }
            return buffer.get() & 0xFF;
        }

        /** Ends it, unless the other side says something before. */
        void closeAfter(int millis) {
            int heard = reads.get();
            Thread.ofVirtual().start(() -> {
                try {
                    Thread.sleep(millis);
                    if (reads.get() == heard) {
                        channel.close();
                    }
                } catch (InterruptedException | IOException over) {
                    // it is closed
                }
            });
        }

        void write(String text) throws IOException {
            var bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        }
    }
}
