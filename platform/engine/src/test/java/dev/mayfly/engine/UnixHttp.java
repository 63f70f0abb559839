package dev.mayfly.engine;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;

/** The smallest client that can ask a worker something: one GET on a connection of its own. */
final class UnixHttp {
    private UnixHttp() {}

    /** @param body everything after the head, as it came */
    record Answer(int status, String head, String body) {}

    static Answer get(String address, String path, long invocation) throws IOException {
        try (var socket = open(address, path, invocation)) {
            return answer(socket);
        }
    }

    /** Connects and sends the request; the answer is left to be read. */
    static SocketChannel open(String address, String path, long invocation) throws IOException {
        var socket = SocketChannel.open(UnixDomainSocketAddress.of(address));
        var request = "GET " + path + " HTTP/1.1\r\nHost: test\r\nConnection: close\r\nx-mayfly-invocation: "
                + String.format("%016x", invocation) + "\r\n\r\n";
        var bytes = ByteBuffer.wrap(request.getBytes(StandardCharsets.US_ASCII));
        while (bytes.hasRemaining()) {
            socket.write(bytes);
        }
        return socket;
    }

    static Answer answer(SocketChannel socket) throws IOException {
        var text = new String(Channels.newInputStream(socket).readAllBytes(), StandardCharsets.UTF_8);
        int end = text.indexOf("\r\n\r\n");
        if (end < 0) {
            throw new IOException("answer: " + text + " (expected: a head)");
        }
        return new Answer(Integer.parseInt(text.substring(9, 12)), text.substring(0, end), text.substring(end + 4));
    }
}
