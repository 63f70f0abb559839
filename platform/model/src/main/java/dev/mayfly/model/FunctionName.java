package dev.mayfly.model;

/** Names a function within a deployment: its path without extension ({@code api/hello}), or {@code app} for an application at the root. */
public record FunctionName(String value) implements Comparable<FunctionName> {
    public FunctionName {
        if (value.isEmpty()
                || value.length() > 256
                || value.startsWith("/")
                || value.chars().anyMatch(c -> c < 0x20)) {
            throw new IllegalArgumentException(
                    "function name: " + value + " (expected: 1 to 256 characters, not starting with '/')");
        }
    }

    @Override
    public int compareTo(FunctionName other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
