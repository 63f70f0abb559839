package dev.mayfly.gateway;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** Stands before an instance's socket and lets each connection go wrong in one way, drawn from a seed. */
final class FaultProxy implements AutoCloseable {
    private static final int PIECE = 8192;
    private static final byte[] NOISE = new byte[256 * 1024];

    private final Path behind;
    private final ServerSocketChannel listener;
    private final SplittableRandom random;
    private final Consumer<Fault> told;
    private final Consumer<String> twisted;
    private final List<SocketChannel> open = new CopyOnWriteArrayList<>();

    static {
        new SplittableRandom(7).nextBytes(NOISE);
    }

    /**
     * @param told of each fault that came to pass
     * @param twisted told what passes, before it does, on a connection whose bytes are changed
     */
    FaultProxy(Path path, Path behind, long seed, Consumer<Fault> told, Consumer<String> twisted) throws IOException {
        this.behind = behind;
        this.random = new SplittableRandom(seed);
        this.told = told;
        this.twisted = twisted;
        this.listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        listener.bind(UnixDomainSocketAddress.of(path), 1024);
        Thread.ofVirtual().start(this::accept);
    }

    private void accept() {
        try {
            while (true) {
                connect(listener.accept());
            }
        } catch (IOException over) {
            // it is closed
        }
    }

    private void connect(SocketChannel outside) throws IOException {
        open.add(outside);
        try {
            var inside = SocketChannel.open(UnixDomainSocketAddress.of(behind));
            open.add(inside);
            var line = new Line(outside, inside, Fault.draw(random), ConcurrentHashMap.newKeySet());
            Thread.ofVirtual().start(() -> line.pump(Fault.Way.REQUEST));
            Thread.ofVirtual().start(() -> line.pump(Fault.Way.ANSWER));
        } catch (IOException gone) {
            outside.close();
        }
        if (!listener.isOpen()) {
            close();
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
        for (var each : open) {
            each.close();
        }
        open.clear();
    }

    /** One connection of the gateway's and the one that it leads to. */
    private final class Line {
        private final SocketChannel outside;
        private final SocketChannel inside;
        private final Fault fault;
        private final Set<Fault.Way> ended;

        private Line(SocketChannel outside, SocketChannel inside, Fault fault, Set<Fault.Way> ended) {
            this.outside = outside;
            this.inside = inside;
            this.fault = fault;
            this.ended = ended;
        }

        private void pump(Fault.Way way) {
            var from = way == Fault.Way.REQUEST ? outside : inside;
            var to = way == Fault.Way.REQUEST ? inside : outside;
            var heard = new StringBuilder();
            long passed = 0;
            var piece = ByteBuffer.allocate(PIECE);
            try {
                while (from.read(piece.clear()) >= 0) {
                    if (way == Fault.Way.REQUEST && changesBytes()) {
                        heard.append(
                                StandardCharsets.ISO_8859_1.decode(piece.flip().duplicate()));
                        twisted.accept(heard.toString());
                        heard.delete(0, Math.max(0, heard.length() - 200));
                    } else {
                        piece.flip();
                    }
                    int size = piece.remaining();
                    pass(way, to, piece, passed);
                    passed += size;
                }
                to.shutdownOutput();
                if (!ended.add(way) || ended.size() == 2) {
                    close();
                }
            } catch (IOException gone) {
                close();
            }
        }

        private boolean changesBytes() {
            return fault instanceof Fault.Corrupt || fault instanceof Fault.Flood;
        }

        /** @param before bytes that passed that way before this piece */
        private void pass(Fault.Way way, SocketChannel to, ByteBuffer piece, long before) throws IOException {
            int size = piece.remaining();
            switch (fault) {
                case Fault.Leave(long after) -> {
                    write(to, piece);
                    leave(way, before + size > after && size < PIECE);
                }
                case Fault.Delay(int most, int millis, long after) -> {
                    while (piece.hasRemaining()) {
                        pause(millis);
                        int now = Math.min(most, piece.remaining());
                        write(to, piece.slice(piece.position(), now));
                        piece.position(piece.position() + now);
                    }
                    leave(way, before + size > after && size < PIECE);
                }
                case Fault.Cut(var wrong, long after)
                when wrong == way && before + size > after -> {
                    told.accept(fault);
                    write(to, piece.limit((int) Math.max(0, after - before)));
                    close();
                }
                case Fault.Corrupt(var wrong, long at, int flip)
                when wrong == way && at >= before && at < before + size -> {
                    told.accept(fault);
                    int index = (int) (at - before);
                    piece.put(index, (byte) (piece.get(index) ^ flip));
                    write(to, piece);
                }
                case Fault.HalfClose(var wrong, long after)
                when wrong == way && before + size > after -> {
                    told.accept(fault);
                    if (before <= after) {
                        write(to, piece.limit((int) (after - before)));
                        to.shutdownOutput();
                    }
                }
                case Fault.Silence(var wrong, long after)
                when wrong == way && before + size > after -> {
                    told.accept(fault);
                    write(to, piece.limit(Math.clamp(after - before, 0, size)));
                }
                case Fault.Flood(boolean noise)
                when way == Fault.Way.ANSWER && size < PIECE -> {
                    told.accept(fault);
                    var flood = noise ? NOISE : Fault.FLOOD.getBytes(StandardCharsets.ISO_8859_1);
                    write(
                            to,
                            ByteBuffer.allocate(size + flood.length)
                                    .put(piece)
                                    .put(flood)
                                    .flip());
                }
                case Fault.Cut _, Fault.Corrupt _, Fault.HalfClose _, Fault.Silence _, Fault.Flood _ ->
                    write(to, piece);
            }
        }

        private void leave(Fault.Way way, boolean now) {
            if (way == Fault.Way.ANSWER && now) {
                told.accept(fault);
                close();
            }
        }

        private void close() {
            try {
                outside.close();
                inside.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } finally {
                open.remove(outside);
                open.remove(inside);
            }
        }
    }

    private static void write(SocketChannel to, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            to.write(bytes);
        }
    }

    private static void pause(int millis) throws IOException {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }
}
