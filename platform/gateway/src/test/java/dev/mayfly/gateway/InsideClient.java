package dev.mayfly.gateway;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Speaks as the network part of a provider does for code in an instance. */
record InsideClient(Path socket) {
    static final String ADDRESS = "198.18.3.4";

    /** The line for a connection of {@code address} to a loopback port. */
    static String line(String address, int port) {
        return "PROXY TCP4 " + address + " 127.0.0.1 40000 " + port + "\r\n";
    }

    /** A GET of {@code path} at 127.0.0.1:{@code port} by {@link #ADDRESS}, or at another host by that name. */
    String get(int port, String host, String path, String... headers) throws IOException {
        var more = headers.length == 0 ? "" : String.join("\r\n", headers) + "\r\n";
        return raw(line(ADDRESS, port) + "GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n"
                + more + "\r\n");
    }

    /** Sends these bytes on a fresh connection and reads until the other side closes. */
    String raw(String bytes) throws IOException {
        try (var channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(socket));
            var out = ByteBuffer.wrap(bytes.getBytes(StandardCharsets.ISO_8859_1));
            var answer = new ByteArrayOutputStream();
            var in = ByteBuffer.allocate(8192);
            try {
                while (out.hasRemaining()) {
                    channel.write(out);
                }
                while (channel.read(in) >= 0) {
                    answer.write(in.array(), 0, in.position());
                    in.clear();
                }
            } catch (IOException reset) {
                // closed by the other side in the middle: what was read is what there is
            }
            return answer.toString(StandardCharsets.ISO_8859_1);
        }
    }
}
