package dev.mayfly.build.config;

import dev.mayfly.build.source.BuildFailure;
import dev.mayfly.model.Function;
import dev.mayfly.model.FunctionName;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What functions reserve of the requests that a project may run at once has to be there, and leave something for the others. */
public final class Reservations {
    private Reservations() {}

    /**
     * @param most {@code maxConcurrency} of the project; null: any number
     * @throws dev.mayfly.model.ProblemException build_failed, naming the fix
     */
    public static void check(List<Function> functions, @Nullable Integer most) {
        var reserving = functions.stream()
                .filter(each -> each.limits().reservedConcurrency() != null)
                .toList();
        long sum = reserving.stream()
                .map(each -> each.limits().reservedConcurrency())
                .mapToLong(count -> count == null ? 0 : count)
                .sum();
        if (most == null || sum == 0) {
            return;
        }
        boolean others = reserving.size() < functions.size();
        if (sum > most || (sum == most && others)) {
            throw BuildFailure.of(
                    "reservedConcurrency of %s: %d together (expected: <= %d, %s)"
                            .formatted(
                                    names(reserving),
                                    sum,
                                    others ? most - 1 : most,
                                    others
                                            ? "which leaves the functions that reserve nothing at least 1 of the project's"
                                                    + " maxConcurrency of " + most
                                            : "the project's maxConcurrency"),
                    "set maxConcurrency to " + (others ? sum + 1 : sum) + " or more, or lower reservedConcurrency");
        }
    }

    private static String names(List<Function> functions) {
        return functions.stream()
                .filter(each -> !Integer.valueOf(0).equals(each.limits().reservedConcurrency()))
                .map(Function::name)
                .map(FunctionName::value)
                .collect(Collectors.joining(", "));
    }
}
