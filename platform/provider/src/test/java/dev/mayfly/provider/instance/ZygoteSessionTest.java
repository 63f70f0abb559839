package dev.mayfly.provider.instance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.provider.host.Platform;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a zygote says of itself. */
final class ZygoteSessionTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final ByteBuffer HELLO = Frame.encode(Frame.HELLO, new byte[] {3, 0, 0, 0, 9});
    private static final String SILENT = "it did not say that it is ready";

    @TempDir
    private Path folder;

    @Test
    void one_that_is_ready_gives_no_reason() throws Exception {
        assertThat(told(HELLO, frame(Frame.READY, "{\"mode\":\"zygote\"}"))).isEmpty();
    }

    @Test
    void one_that_cannot_be_copied_says_why() throws Exception {
        var failed = frame(
                Frame.FAILED, "{\"code\":\"cannot_be_copied\",\"message\":\"a copy dies of SIGABRT\",\"detail\":\"\"}");

        assertThat(told(HELLO, failed)).isEqualTo("a copy dies of SIGABRT");
    }

    @Test
    void one_that_talks_nonsense_or_nothing_is_not_ready() throws Exception {
        for (var frames : List.of(
                List.<ByteBuffer>of(),
                List.of(HELLO),
                List.of(HELLO, frame(Frame.FAILED, "{")),
                List.of(HELLO, frame(Frame.FAILED, "{\"message\":\"\"}")),
                List.of(HELLO, frame(Frame.STARTED, "")),
                List.of(frame(Frame.READY, "{}")),
                List.of(Frame.encode(Frame.HELLO, new byte[] {2, 0, 0, 0, 9})))) {
            assertThat(told(frames.toArray(ByteBuffer[]::new))).isEqualTo(SILENT);
        }
    }

    private static ByteBuffer frame(int type, String payload) {
        return Frame.encode(type, payload.getBytes(StandardCharsets.UTF_8));
    }

    /** What is made of one that says this and ends. */
    private String told(ByteBuffer... frames) throws Exception {
        var socket = folder.resolve("control.sock");
        var platform = Platform.ofThisMachine(System::nanoTime, System::currentTimeMillis);
        try (var session = ZygoteSession.attend(platform, "z", ControlListener.open(socket));
                var zygote = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            zygote.connect(UnixDomainSocketAddress.of(socket));
            for (var frame : frames) {
                zygote.write(frame.duplicate());
            }
            zygote.shutdownOutput();
            return session.awaitReady(PATIENCE);
        }
    }
}
