package dev.mayfly.provider.instance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Control channels of workers that serve. */
final class ControlLoopTest {
    @TempDir
    private Path folder;

    private final ControlLoop loop = new ControlLoop(System::nanoTime);

    @Test
    void frames_come_in_order_however_they_are_cut_into_pieces() throws Exception {
        try (var worker = new Worker()) {
            var bytes = new ArrayList<Byte>();
            for (long id = 1; id <= 300; id++) {
                for (byte each : frame(Frame.ENDED, id).array()) {
                    bytes.add(each);
                }
            }
            for (int from = 0; from < bytes.size(); from += 7) {
                worker.send(bytes.subList(from, Math.min(bytes.size(), from + 7)));
            }

            for (long id = 1; id <= 300; id++) {
                assertThat(worker.heard()).isEqualTo("20 " + id);
            }
        }
    }

    @Test
    void what_was_received_before_comes_first() throws Exception {
        try (var worker = new Worker(frame(Frame.STARTED, 1), frame(Frame.ENDED, 1))) {
            assertThat(worker.heard()).isEqualTo("20 1");
        }
    }

    @Test
    void the_end_of_one_is_told_and_the_others_go_on() throws Exception {
        try (var gone = new Worker();
                var other = new Worker()) {
            gone.send(frame(Frame.ENDED, 5));
            gone.socket.close();

            assertThat(gone.heard()).isEqualTo("20 5");
            assertThat(gone.heard()).isEqualTo(EOFException.class.getSimpleName());
            other.send(frame(Frame.ENDED, 6));
            assertThat(other.heard()).isEqualTo("20 6");
        }
    }

    @Test
    void one_that_breaks_the_protocol_is_heard_no_more() throws Exception {
        try (var worker = new Worker()) {
            worker.send(ByteBuffer.allocate(4).putInt(-1).flip());

            assertThat(worker.heard()).isEqualTo(ProtocolViolation.class.getSimpleName());
        }
    }

    @Test
    void one_whose_hearing_fails_does_not_end_the_others() throws Exception {
        try (var broken = new Worker();
                var other = new Worker()) {
            broken.deaf = true;
            broken.send(frame(Frame.ENDED, 1));
            assertThat(broken.heard()).isEqualTo(StackOverflowError.class.getSimpleName());

            other.send(frame(Frame.ENDED, 2));
            assertThat(other.heard()).isEqualTo("20 2");
        }
    }

    @Test
    void a_flood_waits_and_goes_on_after_its_pause() throws Exception {
        try (var flood = new Worker();
                var other = new Worker()) {
            var frames = ByteBuffer.allocate(13 * 60_000);
            for (long id = 1; id <= 60_000; id++) {
                frames.put(frame(Frame.ENDED, id));
            }
            var sending = Thread.ofVirtual().start(() -> flood.sendQuietly(frames.flip()));
            other.send(frame(Frame.ENDED, 7));

            assertThat(other.heard()).isEqualTo("20 7");
            for (long id = 1; id <= 60_000; id++) {
                assertThat(flood.heard()).isEqualTo("20 " + id);
            }
            sending.join();
        }
    }

    @Test
    void one_that_is_closed_here_is_closed_for_the_other_side() throws Exception {
        try (var worker = new Worker()) {
            worker.send(frame(Frame.ENDED, 7));
            assertThat(worker.heard()).isEqualTo("20 7");

            worker.channel.close();
            loop.closed();

            assertThat(worker.socket.read(ByteBuffer.allocate(1))).isEqualTo(-1);
        }
    }

    @Test
    void it_takes_new_ones_after_the_last_was_gone() throws Exception {
        for (long id = 1; id <= 20; id++) {
            try (var worker = new Worker()) {
                worker.send(frame(Frame.STARTED, id));
                assertThat(worker.heard()).isEqualTo("19 " + id);
                worker.socket.close();
                assertThat(worker.heard()).isEqualTo(EOFException.class.getSimpleName());
            }
        }
    }

    private static ByteBuffer frame(int type, long id) {
        return Frame.encode(type, ByteBuffer.allocate(8).putLong(id).array());
    }

    /** A worker's end of a channel, and what the loop makes of it. */
    private final class Worker implements ControlLoop.Listener, AutoCloseable {
        private final SocketChannel socket;
        private final ControlChannel channel;
        private volatile boolean deaf;
        private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();

        /** @param before what it sends, of which the first is read before the loop takes it */
        Worker(ByteBuffer... before) throws Exception {
            var path = UnixDomainSocketAddress.of(folder.resolve("control-" + System.nanoTime()));
            try (var server =
                    ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(path)) {
                socket = SocketChannel.open(path);
                channel = new ControlChannel(server.accept(), System::nanoTime);
            }
            for (var each : before) {
                send(each);
            }
            if (before.length > 0) {
                channel.read();
            }
            loop.take(channel, this);
        }

        void send(List<Byte> bytes) throws Exception {
            var all = ByteBuffer.allocate(bytes.size());
            bytes.forEach(all::put);
            send(all.flip());
        }

        void send(ByteBuffer bytes) throws Exception {
            while (bytes.hasRemaining()) {
                socket.write(bytes);
            }
        }

        void sendQuietly(ByteBuffer bytes) {
            try {
                send(bytes);
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }

        String heard() throws InterruptedException {
            var next = heard.poll(20, TimeUnit.SECONDS);
            return next == null ? "nothing" : next;
        }

        @Override
        public void frame(Frame frame) {
            if (deaf) {
                throw new StackOverflowError("as one that a hostile frame might cause");
            }
            heard.add(frame.type() + " " + frame.payload().getLong());
        }

        @Override
        public void ended(Throwable why) {
            heard.add(why.getClass().getSimpleName());
        }

        @Override
        public void close() throws IOException {
            socket.close();
            channel.close();
            loop.closed();
        }
    }
}
