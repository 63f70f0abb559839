package dev.mayfly.control;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** A name server on a free port of loopback, over UDP and TCP, that knows TXT records and behaves as a test says (RFC 1035). */
final class NameServer implements AutoCloseable {
    private static final int NAME_ERROR = 3;
    private static final int REFUSED = 5;
    private static final int SERVER_FAILURE = 2;
    private static final int TRUNCATED = 0x0200;

    /** What it does with a question. */
    enum Manner {
        PLAIN,
        SILENT,
        /** Each second question is answered. */
        FORGETFUL,
        FAILING,
        REFUSING,
        /** Says too little over UDP, and all of it over TCP. */
        SHORT,
        GARBAGE,
        /** As long as UDP carries, and nothing like a message after its head. */
        BLOATED,
        /** Answers another question's number. */
        OTHER_ID,
        /** Answers as if another name had been asked for. */
        OTHER_NAME,
        /** A name that refers to itself. */
        LOOP,
        /** Ends before its last record does. */
        CUT,
        /** Says that the name is another one, and what that has. */
        REFERRING
    }

    final Map<String, List<String>> texts = new ConcurrentHashMap<>();
    final AtomicInteger questions = new AtomicInteger();
    volatile Manner manner = Manner.PLAIN;

    private final DatagramSocket udp;
    private final ServerSocket tcp;

    NameServer() {
        try {
            tcp = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
            udp = new DatagramSocket(tcp.getLocalPort(), InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.ofPlatform().daemon().start(this::serveUdp);
        Thread.ofPlatform().daemon().start(this::serveTcp);
    }

    int port() {
        return udp.getLocalPort();
    }

    /** Publishes what the API asks for, of every domain in the answer {@code body}. */
    void publishProofs(String body) {
        for (var domain : TestControl.JSON.readTree(body).get("domains")) {
            var record = domain.get("record");
            texts.put(record.get("name").asString(), List.of(record.get("value").asString()));
        }
    }

    private void serveUdp() {
        var buffer = new byte[4096];
        while (!udp.isClosed()) {
            try {
                var question = new DatagramPacket(buffer, buffer.length);
                udp.receive(question);
                var asked = Arrays.copyOf(question.getData(), question.getLength());
                int count = questions.incrementAndGet();
                if (manner == Manner.SILENT || (manner == Manner.FORGETFUL && count % 2 == 1)) {
                    continue;
                }
                var answer = answer(asked, false);
                udp.send(new DatagramPacket(answer, answer.length, question.getSocketAddress()));
            } catch (IOException e) {
                // closed, or gone
            }
        }
    }

    private void serveTcp() {
        while (!tcp.isClosed()) {
            try (var socket = tcp.accept()) {
                var in = new DataInputStream(socket.getInputStream());
                var question = in.readNBytes(in.readUnsignedShort());
                var answer = answer(question, true);
                var out = new DataOutputStream(socket.getOutputStream());
                out.writeShort(answer.length);
                out.write(answer);
            } catch (IOException e) {
                // closed, or gone
            }
        }
    }

    private byte[] answer(byte[] question, boolean whole) throws IOException {
        int id = ByteBuffer.wrap(question).getShort();
        int end = 12;
        var name = new StringBuilder();
        while (question[end] != 0) {
            int length = question[end];
            name.append(name.isEmpty() ? "" : ".")
                    .append(new String(question, end + 1, length, StandardCharsets.US_ASCII));
            end += length + 1;
        }
        var asked = Arrays.copyOfRange(question, 12, end + 5);
        var found = texts.get(name.toString().toLowerCase(Locale.ROOT));
        var records = found == null ? List.<String>of() : found;
        int unknown = found == null ? NAME_ERROR : 0;
        return switch (manner) {
            case PLAIN, SILENT, FORGETFUL -> message(id, unknown, asked, records, records.size());
            case FAILING -> message(id, SERVER_FAILURE, asked, List.of(), 0);
            case REFUSING -> message(id, REFUSED, asked, List.of(), 0);
            case SHORT ->
                whole
                        ? message(id, unknown, asked, records, records.size())
                        : message(id, TRUNCATED, asked, List.of(), 0);
            case GARBAGE -> noise(100);
            case BLOATED -> {
                var bytes = noise(60_000);
                var head = message(id, 0, asked, List.of(), 500);
                System.arraycopy(head, 0, bytes, 0, head.length);
                yield bytes;
            }
            case OTHER_ID -> message(id ^ 1, unknown, asked, records, records.size());
            case OTHER_NAME -> {
                var other = asked.clone();
                other[1] ^= 1;
                yield message(id, unknown, other, records, records.size());
            }
            case LOOP -> {
                var out = new ByteArrayOutputStream();
                out.write(message(id, 0, asked, List.of(), 1));
                out.write(new byte[] {(byte) 0xC0, (byte) (12 + asked.length), 0, 16, 0, 1, 0, 0, 0, 1, 0, 1, 0});
                yield out.toByteArray();
            }
            case CUT -> {
                var message = message(id, 0, asked, records, records.size());
                yield Arrays.copyOf(message, message.length - 2);
            }
            case REFERRING -> referred(id, asked, "proof.example.net", records);
        };
    }

    /** The name is another name for {@code target}, which has these texts: what servers that ask others say. */
    private static byte[] referred(int id, byte[] asked, String target, List<String> texts) throws IOException {
        var out = new ByteArrayOutputStream();
        var data = new DataOutputStream(out);
        data.write(message(id, 0, asked, List.of(), 1 + texts.size()));
        data.write(new byte[] {(byte) 0xC0, 12, 0, 5, 0, 1, 0, 0, 0, 1});
        data.writeShort(target.length() + 2);
        int place = out.size();
        for (var label : target.split("\\.", -1)) {
            data.writeByte(label.length());
            data.writeBytes(label);
        }
        data.writeByte(0);
        for (var text : texts) {
            record(data, place, text);
        }
        return out.toByteArray();
    }

    /** @param place where the name is that has the text */
    private static void record(DataOutputStream data, int place, String text) throws IOException {
        data.write(new byte[] {(byte) 0xC0, (byte) place, 0, 16, 0, 1, 0, 0, 0, 1});
        var bytes = text.getBytes(StandardCharsets.UTF_8);
        data.writeShort(bytes.length + 1);
        data.writeByte(bytes.length);
        data.write(bytes);
    }

    private static byte[] noise(int length) {
        var bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    private static byte[] message(int id, int flags, byte[] asked, List<String> texts, int count) throws IOException {
        var out = new ByteArrayOutputStream();
        var data = new DataOutputStream(out);
        data.writeShort(id);
        data.writeShort(0x8180 | flags);
        data.writeShort(1);
        data.writeShort(count);
        data.writeInt(0);
        data.write(asked);
        for (var text : texts) {
            record(data, 12, text);
        }
        return out.toByteArray();
    }

    @Override
    public void close() {
        udp.close();
        try {
            tcp.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
