package dev.mayfly.model;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** The SHA-256 of some bytes as 64 lower-case hexadecimal digits; the name under which content is stored. */
public record Digest(String hex) implements Comparable<Digest> {
    public Digest {
        if (!isDigest(hex)) {
            throw new IllegalArgumentException("digest: " + hex + " (expected: 64 lower-case hexadecimal digits)");
        }
    }

    /** Whether {@code text} is written as a digest. */
    public static boolean isDigest(String text) {
        return text.length() == 64 && text.chars().allMatch(c -> (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'));
    }

    public static Digest of(byte[] bytes) {
        return finish(sha256(), bytes);
    }

    public static Digest of(String text) {
        return of(text.getBytes(StandardCharsets.UTF_8));
    }

    /** The digest of everything that {@code state} has been fed. Resets {@code state}. */
    public static Digest of(MessageDigest state) {
        return new Digest(HexFormat.of().formatHex(state.digest()));
    }

    /** A fresh SHA-256 state for streaming. */
    public static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java runtime has SHA-256", e);
        }
    }

    private static Digest finish(MessageDigest state, byte[] bytes) {
        state.update(bytes);
        return of(state);
    }

    @Override
    public int compareTo(Digest other) {
        return hex.compareTo(other.hex);
    }

    @Override
    public String toString() {
        return hex;
    }
}
