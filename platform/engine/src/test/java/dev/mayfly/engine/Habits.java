package dev.mayfly.engine;

import java.util.Random;
import java.util.function.ToLongFunction;

/**
 * How a function and its instances behave in a simulation. Chances are between 0 and 1; spans are nanoseconds.
 *
 * @param service how long a request runs
 * @param start how long an instance takes to start
 * @param startFails chance that it does not, after that time
 * @param hangs chance that a request never ends by itself
 * @param crashes chance that a request takes its instance with it
 * @param unreachable chance that an instance cannot be reached
 * @param lingers chance that work goes on after the response
 * @param stubborn chance that an instance does not leave when it is asked to
 */
record Habits(
        ToLongFunction<Random> service,
        ToLongFunction<Random> start,
        double startFails,
        double hangs,
        double crashes,
        double unreachable,
        double lingers,
        double stubborn) {
    static final long MS = 1_000_000;

    /** Nothing goes wrong. */
    static Habits good(ToLongFunction<Random> service, ToLongFunction<Random> start) {
        return new Habits(service, start, 0, 0, 0, 0, 0, 0);
    }

    /** A little of everything goes wrong. */
    static Habits mixed(ToLongFunction<Random> service, ToLongFunction<Random> start) {
        return new Habits(service, start, 0.01, 0.001, 0.002, 0.002, 0.1, 0.02);
    }

    Habits startFails(double chance) {
        return new Habits(service, start, chance, hangs, crashes, unreachable, lingers, stubborn);
    }

    Habits hangs(double chance) {
        return new Habits(service, start, startFails, chance, crashes, unreachable, lingers, stubborn);
    }

    Habits crashes(double chance) {
        return new Habits(service, start, startFails, hangs, chance, unreachable, lingers, stubborn);
    }

    Habits unreachable(double chance) {
        return new Habits(service, start, startFails, hangs, crashes, chance, lingers, stubborn);
    }

    static ToLongFunction<Random> between(long leastMillis, long mostMillis) {
        return random -> (long) ((leastMillis + random.nextDouble() * (mostMillis - leastMillis)) * MS);
    }

    /** Many are short and few are long. */
    static ToLongFunction<Random> lognormal(double medianMillis, double sigma, long mostMillis) {
        return random ->
                (long) (Math.min((double) mostMillis, medianMillis * Math.exp(sigma * random.nextGaussian())) * MS) + 1;
    }
}
