package dev.mayfly.gateway.observe;

/**
 * Which part of requests is written down.
 *
 * @param part more than 0, at most 1
 */
public record SampleRate(double part) {
    public static final SampleRate ALL = new SampleRate(1);

    public SampleRate {
        if (!(part > 0 && part <= 1)) {
            throw new IllegalArgumentException("part: " + part + " (expected: more than 0, at most 1)");
        }
    }

    /** @throws IllegalArgumentException unless {@code text} is one as {@code 0.1} or {@code 1/10}; its message names no option */
    public static SampleRate parse(String text) {
        try {
            int slash = text.indexOf('/');
            return new SampleRate(
                    slash < 0
                            ? Double.parseDouble(text)
                            : (double) Long.parseLong(text.substring(0, slash))
                                    / Long.parseLong(text.substring(slash + 1)));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(text + " (expected: more than 0 and at most 1, as 0.1 or 1/10)", e);
        }
    }
}
