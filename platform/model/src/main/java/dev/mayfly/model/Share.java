package dev.mayfly.model;

import java.util.List;

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

    /** The same in the smallest numbers: 90 and 10 are 9 and 1. */
    public static List<Share> proportions(List<Share> shares) {
        int common = 0;
        for (var share : shares) {
            common = greatestCommonDivisor(share.weight(), common);
        }
        int divisor = common;
        return shares.stream()
                .map(share -> new Share(share.deployment(), share.weight() / divisor))
                .toList();
    }

    private static int greatestCommonDivisor(int a, int b) {
        return b == 0 ? a : greatestCommonDivisor(b, a % b);
    }
}
