package dev.mayfly.store.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class WatchTest {
    @Test
    void whateverGoesWrongItGoesOnLooking() {
        var looks = new AtomicInteger();
        try (var watch = new Watch(() -> {
            switch (looks.incrementAndGet()) {
                case 1 -> throw new IllegalStateException("the disk is gone");
                case 2 -> throw new AssertionError("this cannot be");
                case 3 -> throw new StackOverflowError("nor this");
                default -> {}
            }
        })) {
            watch.start();

            await().until(() -> looks.get() > 4);
        }
    }

    @Test
    void itEndsWhereItNeverBegan() {
        var looks = new AtomicInteger();
        new Watch(looks::incrementAndGet).close();

        assertThat(looks).hasValue(0);
    }
}
