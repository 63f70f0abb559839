package dev.mayfly.provider.instance;

import java.io.IOException;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the control channels of all workers that serve, on one thread, which is there while there are any. A request brings two short frames; a thread
 * for each channel, virtual or not, is woken twice for every request, and that takes longer than all that the frames cause. What has come is heard at
 * once: the time of a frame is that of its reading, and ends what is billed. In each turn a channel is read once, so one that floods waits for the others.
 */
public final class ControlLoop {
    private static final Logger LOG = LoggerFactory.getLogger(ControlLoop.class);

    private final LongSupplier nanos;
    private final ArrayDeque<Reading> arrivals = new ArrayDeque<>();
    private @Nullable Selector selector; // guarded by arrivals

    public ControlLoop(LongSupplier nanos) {
        this.nanos = nanos;
    }

    /** What is done with what a channel brings, on the loop's thread: nothing in it may block. */
    interface Listener {
        void frame(Frame frame) throws ProtocolViolation;

        /** Nothing comes after this. */
        void ended(Throwable why);
    }

    /** One channel here. */
    private static final class Reading {
        private final ControlChannel channel;
        private final Listener listener;
        /** When it is read again, while it is not. */
        private long resumeNanos;

        Reading(ControlChannel channel, Listener listener) {
            this.channel = channel;
            this.listener = listener;
        }
    }

    /** Reads {@code channel} to its end; what was received already comes first. */
    void take(ControlChannel channel, Listener listener) throws IOException {
        channel.stopBlocking();
        synchronized (arrivals) {
            if (selector == null) {
                start(Selector.open());
            } else {
                selector.wakeup();
            }
            arrivals.add(new Reading(channel, listener));
        }
    }

    /** A channel that was given to it is closed: the other side sees that once this has. */
    void closed() {
        synchronized (arrivals) {
            if (selector != null) {
                selector.wakeup();
            }
        }
    }

    private void start(Selector opened) {
        selector = opened;
        Thread.ofPlatform().daemon().name("mayfly-control").start(() -> run(opened));
    }

    private void run(Selector selecting) {
        var paused = new ArrayList<SelectionKey>();
        try {
            while (admit(selecting, paused)) {
                selecting.select(key -> read(key, true, paused), resume(paused));
            }
        } catch (IOException | RuntimeException | Error e) {
            LOG.error("waiting for control channels failed; the instances that it read are given up", e);
            giveUp(selecting, e);
        }
    }

    /** Takes in those that have arrived; false, and the end, where there are none at all. */
    private boolean admit(Selector selecting, List<SelectionKey> paused) throws IOException {
        while (true) {
            Reading arrival;
            synchronized (arrivals) {
                arrival = arrivals.poll();
                if (arrival == null) {
                    if (selecting.keys().stream().anyMatch(SelectionKey::isValid)) {
                        return true;
                    }
                    selecting.close();
                    selector = null;
                    return false;
                }
            }
            try {
                read(arrival.channel.register(selecting, arrival), false, paused);
            } catch (IOException e) {
                end(arrival, e); // it was closed meanwhile
            }
        }
    }

    private void read(SelectionKey key, boolean more, List<SelectionKey> paused) {
        var reading = (Reading) key.attachment();
        try {
            if (more) {
                reading.channel.receive();
            }
            for (var frame = reading.channel.next(); frame != null; frame = reading.channel.next()) {
                reading.listener.frame(frame);
            }
            long pause = reading.channel.pauseNanos();
            if (pause > 0) {
                reading.resumeNanos = nanos.getAsLong() + pause;
                key.interestOps(0);
                paused.add(key);
            }
        } catch (IOException | ProtocolViolation | RuntimeException | Error e) {
            key.cancel();
            end(reading, e);
        }
    }

    /** Reads those again whose pause is over, and says how many milliseconds that of the next one lasts; 0: there is none. */
    private long resume(List<SelectionKey> paused) {
        long now = nanos.getAsLong();
        long next = 0;
        for (var each = paused.iterator(); each.hasNext(); ) {
            var key = each.next();
            long left = ((Reading) key.attachment()).resumeNanos - now;
            if (left <= 0 || !key.isValid()) {
                each.remove();
                resume(key);
            } else {
                long millis = left / 1_000_000 + 1;
                next = next == 0 ? millis : Math.min(next, millis);
            }
        }
        return next;
    }

    private static void resume(SelectionKey key) {
        try {
            key.interestOps(SelectionKey.OP_READ);
        } catch (CancelledKeyException e) {
            LOG.debug("a control channel was closed while it was not read", e);
        }
    }

    /** The next one that arrives is read by another thread. */
    private void giveUp(Selector selecting, Throwable why) {
        var left = new ArrayList<Reading>();
        synchronized (arrivals) {
            selecting.keys().forEach(key -> left.add((Reading) key.attachment()));
            left.addAll(arrivals);
            arrivals.clear();
            selector = null;
            try {
                selecting.close();
            } catch (IOException e) {
                LOG.debug("closing what waited for control channels", e);
            }
        }
        left.forEach(each -> end(each, why));
    }

    private static void end(Reading reading, Throwable why) {
        if (why instanceof RuntimeException || why instanceof Error) {
            LOG.error("what a control channel brought could not be dealt with", why);
        }
        try {
            reading.listener.ended(why);
        } catch (RuntimeException | Error e) {
            LOG.error("the end of a control channel could not be told", e);
        }
    }
}
