package dev.mayfly.provider.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** For how long nothing is held ready anew. */
final class ThriftTest {
    private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 5);
    private final Thrift thrift = new Thrift(nanos::get);

    @Test
    void it_lasts_until_memory_has_been_enough_for_a_while() {
        assertThat(thrift.lasts()).isFalse();
        thrift.begin();
        nanos.addAndGet(Duration.ofSeconds(20).toNanos());
        thrift.begin();
        nanos.addAndGet(Duration.ofSeconds(20).toNanos());
        assertThat(thrift.lasts()).isTrue();

        nanos.addAndGet(Duration.ofSeconds(11).toNanos());

        assertThat(thrift.lasts()).isFalse();
    }
}
