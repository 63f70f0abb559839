package dev.mayfly.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Random;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongPredicate;
import org.junit.jupiter.api.Test;

/** What is counted for all event loops together. */
class ClientCountsTest {
    private static final long SECOND = 1_000_000_000;

    @Test
    void aClientMayAskSoOftenInASecondAndThenAsTokensComeBack() {
        var requests = new ClientRequests(10, new Random(1));

        for (int i = 0; i < 10; i++) {
            assertThat(requests.take(7, 100)).isZero();
        }
        assertThat(requests.take(7, 100)).isEqualTo(SECOND / 10);
        assertThat(requests.take(8, 100)).isZero();
        assertThat(requests.take(7, 100 + SECOND / 10 - 1)).isEqualTo(1);
        assertThat(requests.take(7, 100 + SECOND / 10)).isZero();
        assertThat(requests.take(7, 100 + SECOND / 10)).isPositive();
        for (int i = 0; i < 10; i++) {
            assertThat(requests.take(7, 100 + 60 * SECOND)).isZero();
        }
        assertThat(requests.take(7, 100 + 60 * SECOND)).isPositive();
    }

    @Test
    void oneInASecondIsOneInASecond() {
        var requests = new ClientRequests(1, new Random(1));

        assertThat(requests.take(7, -5)).isZero();
        assertThat(requests.take(7, -5)).isEqualTo(SECOND);
        assertThat(requests.take(7, SECOND - 5)).isZero();
    }

    @Test
    void aMillionOthersTakeNoMoreMemoryAndHideNobodyWhoAsksTooOften() {
        var requests = new ClientRequests(10, new Random(1));
        while (requests.take(7, 0) == 0) {
            // until it is refused
        }

        for (long other = 1_000; other < 1_001_000; other++) {
            assertThat(requests.take(other, 0)).isZero();
        }

        assertThat(requests.remembered())
                .isLessThanOrEqualTo(ClientRequests.places())
                .isGreaterThan(60_000);
        assertThat(requests.take(7, 0)).isPositive();
    }

    @Test
    void aClientThatLeavesIsForgotten() {
        var connections = new ClientConnections(3_000_000, 2);

        for (long client = 0; client < 1_000_000; client++) {
            assertThat(connections.enter(client)).isTrue();
            connections.leave(client);
        }

        assertThat(connections.clients()).isZero();
    }

    @Test
    void whoIsRefusedTakesNoPlace() {
        var connections = new ClientConnections(1, 1);

        assertThat(connections.open()).isTrue();
        assertThat(connections.open()).isFalse();
        connections.close();
        assertThat(connections.open()).isTrue();
        assertThat(connections.enter(7)).isTrue();
        assertThat(connections.enter(7)).isFalse();
        connections.leave(7);
        assertThat(connections.enter(7)).isTrue();
        assertThat(connections.open(7)).isEqualTo(1);
    }

    @Test
    void threadsAtOnceLetNobodyHaveMoreThanItMay() throws Exception {
        var connections = new ClientConnections(100, 3);

        assertThat(mostAtOnce(connections::enter, connections::leave))
                .isLessThanOrEqualTo(3)
                .isPositive();
        assertThat(connections.clients()).isZero();
    }

    /** That the test above can tell: a count that is read and then written is overrun. */
    @Test
    void threadsAtOnceOverrunACountThatIsNotOneStep() throws Exception {
        var count = new AtomicInteger();
        LongPredicate enter = client -> {
            int now = count.get();
            LockSupport.parkNanos(1);
            if (now >= 3) {
                return false;
            }
            count.set(now + 1);
            return true;
        };

        int most = 0;
        for (int i = 0; i < 1_000 && most <= 3; i++) {
            count.set(0);
            most = mostAtOnce(enter, client -> count.decrementAndGet());
        }
        assertThat(most).isGreaterThan(3);
    }

    private interface Leave {
        void leave(long client);
    }

    /** Six threads, one client: how many were in at a time, at most. */
    private static int mostAtOnce(LongPredicate enter, Leave leave) throws Exception {
        var in = new AtomicInteger();
        var most = new AtomicInteger();
        var start = new CyclicBarrier(6);
        var threads = new ArrayList<Thread>();
        for (int t = 0; t < 6; t++) {
            threads.add(Thread.ofPlatform().start(() -> {
                try {
                    start.await();
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
                for (int i = 0; i < 300; i++) {
                    if (enter.test(7)) {
                        most.accumulateAndGet(in.incrementAndGet(), Math::max);
                        LockSupport.parkNanos(1);
                        in.decrementAndGet();
                        leave.leave(7);
                    }
                }
            }));
        }
        for (var thread : threads) {
            thread.join();
        }
        return most.get();
    }
}
