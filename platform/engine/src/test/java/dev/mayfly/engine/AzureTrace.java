package dev.mayfly.engine;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.ToLongFunction;

/**
 * Functions called as those of a large cloud: after Shahrad et al., Serverless in the Wild (USENIX ATC 2020), which describes the Azure Functions
 * trace of 2019. 45 % of applications are called once an hour or less, 81 % once a minute or less (figure 5); a fifth comes like clockwork, two
 * fifths as if by chance, two fifths in bursts (figure 6); the average run times are lognormal, of log mean -0.38 and sigma 2.36, in seconds (figure 7).
 * What is more frequent than every three seconds is left out here: it has instances all the time, whatever the policy.
 */
final class AzureTrace {
    private static final double HOUR = 3600;
    private static final double DAY = 24 * HOUR;
    private static final double LOG_MEAN = -0.38;
    private static final double LOG_SIGMA = 2.36;
    private static final long LONGEST_MILLIS = 60_000;

    /**
     * One function.
     *
     * @param arrivals nanoseconds from the beginning
     */
    record Workload(List<Long> arrivals, ToLongFunction<Random> service, ToLongFunction<Random> start) {}

    private final Random random;
    private final int functions;
    private final double seconds;

    AzureTrace(Random random, int functions, Duration span) {
        this.random = random;
        this.functions = functions;
        this.seconds = span.toSeconds();
    }

    List<Workload> workloads() {
        var all = new ArrayList<Workload>();
        for (int i = 0; i < functions; i++) {
            double rank = (i + random.nextDouble()) / functions;
            double median = Math.exp(LOG_MEAN + LOG_SIGMA * random.nextGaussian()) * 1000;
            double start = random.nextInt(4) == 0 ? 400 : 8; // a quarter imports much
            all.add(new Workload(
                    arrivals(perSecond(rank)),
                    Habits.lognormal(Math.clamp(median, 1, LONGEST_MILLIS), 0.5, LONGEST_MILLIS),
                    Habits.lognormal(start, 0.3, 5_000)));
        }
        return all;
    }

    /** Between the published points the logarithm of the rate grows evenly. */
    private static double perSecond(double rank) {
        return rank < 0.45
                ? between(1 / DAY, 1 / HOUR, rank / 0.45)
                : rank < 0.81
                        ? between(1 / HOUR, 1 / 60.0, (rank - 0.45) / 0.36)
                        : between(1 / 60.0, 1 / 3.0, (rank - 0.81) / 0.19);
    }

    private static double between(double low, double high, double part) {
        return low * Math.pow(high / low, part);
    }

    private List<Long> arrivals(double perSecond) {
        var times = new ArrayList<Long>();
        int sort = random.nextInt(5);
        double at = random.nextDouble() / perSecond;
        while (at < seconds) {
            int together = sort >= 3 ? 1 + random.nextInt(15) : 1;
            for (int i = 0; i < together; i++) {
                times.add((long) ((at + (together == 1 ? 0 : random.nextDouble())) * 1e9));
            }
            double gap = together / perSecond;
            at += sort == 0 ? gap : -Math.log(1 - random.nextDouble()) * gap;
        }
        return times;
    }
}
