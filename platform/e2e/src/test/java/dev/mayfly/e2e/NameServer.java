package dev.mayfly.e2e;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** A name server by which every name is this machine's. */
final class NameServer implements AutoCloseable {
    private static final int A = 1;
    private static final int TXT = 16;

    /** What its TXT records say, by name. */
    final Map<String, String> texts = new ConcurrentHashMap<>();

    private final DatagramSocket socket = new DatagramSocket(0, InetAddress.getLoopbackAddress());

    NameServer() throws IOException {
        Thread.ofPlatform().daemon().start(this::serve);
    }

    int port() {
        return socket.getLocalPort();
    }

    private void serve() {
        while (!socket.isClosed()) {
            try {
                var question = new DatagramPacket(new byte[512], 512);
                socket.receive(question);
                var answer = answer(Arrays.copyOf(question.getData(), question.getLength()));
                socket.send(new DatagramPacket(answer, answer.length, question.getSocketAddress()));
            } catch (IOException e) {
                // closed, or the next one
            }
        }
    }

    private byte[] answer(byte[] question) throws IOException {
        int end = 12;
        var name = new StringBuilder();
        while (question[end] != 0) {
            name.append(name.isEmpty() ? "" : ".")
                    .append(new String(question, end + 1, question[end], StandardCharsets.US_ASCII));
            end += question[end] + 1;
        }
        int type = question[end + 2];
        var text = texts.getOrDefault(name.toString().toLowerCase(Locale.ROOT), "");
        boolean found = type == A || (type == TXT && !text.isEmpty());
        var bytes = new ByteArrayOutputStream();
        var out = new DataOutputStream(bytes);
        out.write(question, 0, 2);
        out.writeShort(0x8580);
        out.writeShort(1);
        out.writeShort(found ? 1 : 0);
        out.writeInt(0);
        out.write(question, 12, end + 5 - 12);
        if (found) {
            out.write(new byte[] {(byte) 0xC0, 12, 0, (byte) type, 0, 1, 0, 0, 0, 1});
            if (type == A) {
                out.writeShort(4);
                out.write(new byte[] {127, 0, 0, 1});
            } else {
                out.writeShort(text.length() + 1);
                out.writeByte(text.length());
                out.writeBytes(text);
            }
        }
        return bytes.toByteArray();
    }

    @Override
    public void close() {
        socket.close();
    }
}
