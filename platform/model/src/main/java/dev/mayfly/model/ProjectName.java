package dev.mayfly.model;

import java.util.Locale;
import java.util.regex.Pattern;

/** The name of a project, unique per server, and the first part of its host name. At most 50 characters, so that host labels fit in 63. */
public record ProjectName(String value) implements Comparable<ProjectName> {
    private static final Pattern SHAPE = Pattern.compile("[a-z0-9](?:[a-z0-9-]{0,48}[a-z0-9])?");

    public ProjectName {
        if (!SHAPE.matcher(value).matches() || value.contains("--")) {
            throw new IllegalArgumentException("project name: " + value
                    + " (expected: 1 to 50 of a-z, 0-9 and single '-', starting and ending with a letter or digit)");
        }
    }

    /** The nearest legal name for a folder or file name, such as {@code my-app} for {@code My App}. */
    public static ProjectName suggest(String text) {
        var lower = text.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-");
        var trimmed = lower.substring(0, Math.min(lower.length(), 50)).replaceAll("^-+|-+$", "");
        return new ProjectName(trimmed.isEmpty() ? "project" : trimmed);
    }

    @Override
    public int compareTo(ProjectName other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
