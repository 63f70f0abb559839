package dev.mayfly.control.coldstart;

import dev.mayfly.model.ColdStart;
import dev.mayfly.model.FunctionName;
import java.util.List;

/**
 * What cold starts were like.
 *
 * @param calls how many calls waited for a start
 * @param failed those of them whose instance did not start
 * @param unknown those of them of which no rung is known, because an older server recorded them
 */
public record ColdStartReport(
        long calls, long failed, long unknown, List<Rung> rungs, List<SlowImport> imports, List<Reason> reasons) {

    /**
     * Starts of one function from one rung.
     *
     * @param starts instances
     * @param calls those that waited for them: at least one each
     * @param p50Micros of the waiting, over calls; also p99 and the longest
     * @param queueMicros mean over calls: waiting that was not for the start
     * @param steps mean over starts, as people read them
     * @param handlerMicros mean over calls, from dispatch to the end
     */
    public record Rung(
            FunctionName function,
            String rung,
            long starts,
            long calls,
            long p50Micros,
            long p99Micros,
            long maxMicros,
            long queueMicros,
            List<ColdStart.Step> steps,
            long handlerMicros) {
        /** What a start took, on average. */
        long meanMicros() {
            return steps.stream().mapToLong(ColdStart.Step::micros).sum();
        }

        long meanMicros(String step) {
            return steps.stream()
                    .filter(each -> each.name().equals(step))
                    .mapToLong(ColdStart.Step::micros)
                    .sum();
        }
    }

    /**
     * A module that a function imports while it starts.
     *
     * @param starts in how many it was among the slowest
     * @param meanMicros over those, with what it imports in turn
     */
    public record SlowImport(FunctionName function, String module, long starts, long meanMicros, long maxMicros) {}

    /** Why starts were not from a faster rung. */
    public record Reason(FunctionName function, String rung, String why, long starts) {}
}
