package dev.mayfly.model;

import java.util.random.RandomGenerator;
import java.util.regex.Pattern;

/** Names one immutable deployment: ten of a-z and 0-9. */
public record DeploymentId(String value) implements Comparable<DeploymentId> {
    private static final Pattern SHAPE = Pattern.compile("[a-z0-9]{10}");
    private static final int LENGTH = 10;
    private static final String ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

    public DeploymentId {
        if (!SHAPE.matcher(value).matches()) {
            throw new IllegalArgumentException("deployment id: " + value + " (expected: ten of a-z and 0-9)");
        }
    }

    /** A fresh id; {@code random} must be hard to predict where ids must not be guessed. */
    public static DeploymentId random(RandomGenerator random) {
        var text = new StringBuilder(LENGTH);
        for (int i = 0; i < LENGTH; i++) {
            text.append(ALPHABET.charAt(random.nextInt(ALPHABET.length())));
        }
        return new DeploymentId(text.toString());
    }

    /** Whether {@link #random} may give it. */
    static boolean isLikeRandom(String text) {
        return text.length() == LENGTH && text.chars().allMatch(c -> ALPHABET.indexOf(c) >= 0);
    }

    @Override
    public int compareTo(DeploymentId other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
