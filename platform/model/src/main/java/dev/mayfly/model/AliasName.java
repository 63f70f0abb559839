package dev.mayfly.model;

import java.util.regex.Pattern;

/** Names an alias of a project, and the part of its host name after {@code --}. */
public record AliasName(String value) implements Comparable<AliasName> {
    private static final Pattern SHAPE = Pattern.compile("[a-z0-9](?:[a-z0-9-]{0,48}[a-z0-9])?");

    /** What a project's own name leads to. */
    public static final AliasName PRODUCTION = new AliasName("production");

    /** Refuses what a deployment may be called: both stand at the same place of a host name. */
    public AliasName {
        if (!SHAPE.matcher(value).matches() || value.contains("--")) {
            throw new IllegalArgumentException("alias: " + shown(value)
                    + " (expected: 1 to 50 of a-z, 0-9 and single '-', starting and ending with a letter or digit)");
        }
        if (DeploymentId.isLikeRandom(value)) {
            throw new IllegalArgumentException(
                    "alias: " + value + " (expected: a name that no deployment can have, of more or less than ten)");
        }
    }

    private static String shown(String text) {
        return text.length() > 60 ? text.substring(0, 60) + "…" : text;
    }

    @Override
    public int compareTo(AliasName other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
