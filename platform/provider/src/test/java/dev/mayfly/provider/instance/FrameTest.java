package dev.mayfly.provider.instance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Frames taken off what was received. */
final class FrameTest {
    @Test
    void a_frame_is_taken_only_when_all_of_it_is_there() throws Exception {
        var whole = Frame.encode(Frame.STARTED, new byte[] {1, 2, 3, 4, 5, 6, 7, 8});

        for (int length = 0; length < whole.limit(); length++) {
            assertThat(Frame.of(whole.duplicate().limit(length))).isNull();
        }
        var frame = Objects.requireNonNull(Frame.of(whole));

        assertThat(frame.type()).isEqualTo(Frame.STARTED);
        assertThat(frame.payload().remaining()).isEqualTo(8);
        assertThat(whole.hasRemaining()).isFalse();
    }

    @Test
    void a_length_that_is_not_allowed_is_refused_before_anything_is_kept_for_it() {
        for (int length : new int[] {0, -1, Integer.MIN_VALUE, Frame.LONGEST_RECEIVED + 1, Integer.MAX_VALUE}) {
            var received = ByteBuffer.allocate(4).putInt(length).flip();

            assertThatThrownBy(() -> Frame.of(received))
                    .isInstanceOf(ProtocolViolation.class)
                    .hasMessageContaining("frame length");
        }
    }

    @Test
    void there_is_always_room_for_the_rest_of_a_frame_and_no_more_is_kept_after_it() {
        var beginning = ByteBuffer.allocate(64)
                .putInt(Frame.LONGEST_RECEIVED)
                .put(new byte[10])
                .flip();

        var grown = Frame.room(beginning, 64);

        assertThat(grown.position()).isEqualTo(14);
        assertThat(grown.remaining()).isEqualTo(4 + Frame.LONGEST_RECEIVED - 14);
        assertThat(Frame.room(grown.position(0).limit(0), 64).capacity()).isEqualTo(64);
    }
}
