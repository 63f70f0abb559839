package dev.mayfly.provider.instance;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/** Waits at an instance's {@code control.sock} for its init and its worker. */
public final class ControlListener implements AutoCloseable {
    private final Path socket;
    private final ServerSocketChannel server;

    private ControlListener(Path socket, ServerSocketChannel server) {
        this.socket = socket;
        this.server = server;
    }

    public static ControlListener open(Path socket) throws IOException {
        var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        var listener = new ControlListener(socket, server);
        try {
            server.bind(UnixDomainSocketAddress.of(socket), 8);
            return listener;
        } catch (IOException e) {
            listener.close();
            throw e;
        }
    }

    /** The next connection; throws when closed. */
    SocketChannel accept() throws IOException {
        return server.accept();
    }

    @Override
    public void close() {
        try {
            server.close();
            Files.deleteIfExists(socket);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException("cannot close " + socket, e);
        }
    }
}
