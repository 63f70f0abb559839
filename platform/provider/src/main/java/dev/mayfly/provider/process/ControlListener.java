package dev.mayfly.provider.process;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;

/** Waits at an instance's {@code control.sock} for its init and its worker. */
final class ControlListener implements AutoCloseable {
    private final InstanceFolder folder;
    private final ServerSocketChannel server;

    private ControlListener(InstanceFolder folder, ServerSocketChannel server) {
        this.folder = folder;
        this.server = server;
    }

    static ControlListener open(InstanceFolder folder) throws IOException {
        var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        var listener = new ControlListener(folder, server);
        try {
            server.bind(UnixDomainSocketAddress.of(folder.controlSocket()), 8);
            folder.give(folder.controlSocket());
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
            Files.deleteIfExists(folder.controlSocket());
        } catch (IOException e) {
            throw new java.io.UncheckedIOException("cannot close " + folder.controlSocket(), e);
        }
    }
}
