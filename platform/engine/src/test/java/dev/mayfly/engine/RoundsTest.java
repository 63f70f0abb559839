package dev.mayfly.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What is done in rounds. */
final class RoundsTest {
    private final BlockingQueue<Integer> done = new LinkedBlockingQueue<>();
    private final Rounds rounds = new Rounds("rounds-test");

    @Test
    void everything_is_done_once_and_in_order_however_it_falls_into_rounds() throws Exception {
        for (int i = 0; i < 2_000; i++) {
            int number = i;
            rounds.execute(() -> done.add(number));
            if (i % 500 == 0) {
                Thread.sleep(3); // so that some find it asleep
            }
        }

        assertThat(taken(2_000)).isEqualTo(IntStream.range(0, 2_000).boxed().toList());
        assertThat(done).isEmpty();
    }

    @Test
    void one_that_fails_takes_nothing_else_along() throws Exception {
        rounds.execute(() -> {
            throw new StackOverflowError("on purpose");
        });
        rounds.execute(() -> done.add(1));

        assertThat(taken(1)).containsExactly(1);
    }

    @Test
    void what_comes_from_within_a_round_is_done_too() throws Exception {
        rounds.execute(() -> rounds.execute(() -> done.add(1)));

        assertThat(taken(1)).containsExactly(1);
    }

    @Test
    void two_are_never_done_at_the_same_time() throws Exception {
        var begun = new CountDownLatch(1);
        var goOn = new CountDownLatch(1);
        rounds.execute(() -> {
            begun.countDown();
            try {
                goOn.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            done.add(1);
        });
        begun.await();
        rounds.execute(() -> done.add(2));
        goOn.countDown();

        assertThat(taken(2)).containsExactly(1, 2);
    }

    private List<Integer> taken(int count) {
        return IntStream.range(0, count).mapToObj(i -> taken()).toList();
    }

    private Integer taken() {
        try {
            var next = done.poll(20, TimeUnit.SECONDS);
            if (next == null) {
                throw new AssertionError("it was not done");
            }
            return next;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
