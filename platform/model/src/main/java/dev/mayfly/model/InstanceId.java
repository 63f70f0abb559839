package dev.mayfly.model;

/** Names one instance, unique on its server for ever: {@code <deployment>-<base 36 number>}. */
public record InstanceId(String value) {
    public InstanceId {
        if (value.isEmpty() || value.length() > 64) {
            throw new IllegalArgumentException("instance id: " + value + " (expected: 1 to 64 characters)");
        }
    }

    @Override
    public String toString() {
        return value;
    }
}
