package dev.mayfly.model;

/**
 * A deployment that an alias points to.
 *
 * @param weight its part of the requests, beside the weights of the others
 */
public record Share(DeploymentId deployment, int weight) {
    public static final int MOST_WEIGHT = 1000;

    public Share {
        if (weight < 1 || weight > MOST_WEIGHT) {
            throw new IllegalArgumentException("weight of " + deployment + ": " + weight
                    + " (expected: a whole number from 1 to " + MOST_WEIGHT + "; what gets nothing is left out)");
        }
    }
}
