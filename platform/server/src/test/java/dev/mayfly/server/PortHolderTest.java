package dev.mayfly.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Finding out who listens. */
class PortHolderTest {
    private final PortHolder holder = new PortHolder(Path.of("/proc"));

    @Test
    void aListenerIsNamed() throws Exception {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertThat(holder.of(socket.getLocalPort()).orElse(""))
                    .startsWith("pid " + ProcessHandle.current().pid() + " ");
        }
    }

    @Test
    void aPortWithoutOneHasNoName() throws Exception {
        int free;
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            free = socket.getLocalPort();
        }

        assertThat(holder.of(free)).isEmpty();
    }
}
