package dev.mayfly.gateway;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Carries TCP connections to the socket for callers from inside, as the network part of a provider does, for clients that know nothing but TCP. The
 * instance is {@link InsideClient#ADDRESS}.
 */
final class InsideCarrier implements AutoCloseable {
    private final ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final Path socket;
    private final int wanted;

    /** @param wanted the port that instances connect to, as they see it */
    InsideCarrier(Path socket, int wanted) throws IOException {
        this.socket = socket;
        this.wanted = wanted;
        Thread.ofVirtual().start(this::accept);
    }

    InetSocketAddress address() {
        return (InetSocketAddress) server.getLocalSocketAddress();
    }

    private void accept() {
        while (true) {
            try {
                var client = server.accept();
                Thread.ofVirtual().start(() -> carry(client));
            } catch (IOException closed) {
                return;
            }
        }
    }

    private void carry(Socket client) {
        try (client;
                var gateway = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            var there = Channels.newOutputStream(gateway);
            there.write(InsideClient.line(InsideClient.ADDRESS, wanted).getBytes(StandardCharsets.US_ASCII));
            var up = Thread.ofVirtual().start(() -> pass(client, gateway, there));
            pass(Channels.newInputStream(gateway), client.getOutputStream());
            client.shutdownOutput();
            up.join();
        } catch (IOException | InterruptedException over) {
            // the client sees its connection end
        }
    }

    private static void pass(Socket client, SocketChannel gateway, OutputStream there) {
        try {
            pass(client.getInputStream(), there);
            gateway.shutdownOutput();
        } catch (IOException over) {
            // the other direction sees that, too
        }
    }

    private static void pass(InputStream from, OutputStream to) throws IOException {
        var bytes = new byte[16 * 1024];
        for (int size = from.read(bytes); size >= 0; size = from.read(bytes)) {
            to.write(bytes, 0, size);
            to.flush();
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
