package dev.mayfly.gateway.observe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.InvocationId;
import dev.mayfly.model.Problem;
import org.junit.jupiter.api.Test;

/** Errors of the edge are known by their request id, the newest so many. */
class RecentAnswersTest {
    private static EdgeAnswer answer(long id, String message) {
        return new EdgeAnswer(
                0,
                new InvocationId(id),
                new Problem(ErrorCode.TOO_MANY_REQUESTS, message),
                "GET",
                "localhost",
                "/",
                null,
                null,
                null);
    }

    @Test
    void theOldestIsForgotten() {
        var recent = new RecentAnswers();
        for (int id = 1; id <= RecentAnswers.MOST + 1; id++) {
            recent.answered(answer(id, "refused"));
        }

        assertThat(recent.of(new InvocationId(1))).isEmpty();
        assertThat(recent.of(new InvocationId(2))).isPresent();
        assertThat(recent.of(new InvocationId(RecentAnswers.MOST + 1))).isPresent();
    }

    @Test
    void ofTwoWithOneIdTheNewestIsTold() {
        var recent = new RecentAnswers();
        recent.answered(answer(7, "first"));
        recent.answered(answer(7, "second"));

        assertThat(recent.of(new InvocationId(7)).orElseThrow().problem().message())
                .isEqualTo("second");
    }
}
