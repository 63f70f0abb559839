package dev.mayfly.model;

import java.util.List;
import java.util.regex.Pattern;

/**
 * A host name of a project's own, such as {@code www.example.org}: lower case, in ASCII, without a final dot.
 *
 * @param value at least two labels; never an address, and never a name of this machine alone
 */
public record DomainName(String value) implements Comparable<DomainName> {
    /** Whoever owns the name shows it by a TXT record of this name below it. */
    private static final String PROOF = "_mayfly.";

    public static final int LONGEST = 253 - PROOF.length();
    private static final int LONGEST_LABEL = 63;
    private static final Pattern LABEL = Pattern.compile("[a-z0-9](?:[a-z0-9-]*[a-z0-9])?");
    private static final Pattern NUMBER = Pattern.compile("[0-9]+|0x[0-9a-f]*");

    public DomainName {
        check(value, value);
    }

    /**
     * The same, where a mistake is told in the words of whoever made it.
     *
     * @param written what {@code ascii} was made of
     * @throws IllegalArgumentException saying what was expected
     */
    public static DomainName of(String ascii, String written) {
        check(ascii, written);
        return new DomainName(ascii);
    }

    /** The name of the TXT record that shows who owns this name. */
    public String proof() {
        return PROOF + value;
    }

    private static void check(String name, String told) {
        if (name.length() > LONGEST) {
            throw tooLong(told);
        }
        requireShortLabels(name, told);
        var labels = List.of(name.split("\\.", -1));
        if (!labels.stream().allMatch(label -> LABEL.matcher(label).matches())) {
            throw shapeless(told);
        }
        var last = labels.getLast();
        if (last.equals("localhost")) {
            throw bad(told, "a name that is not of this machine alone");
        }
        if (labels.size() == 1) {
            throw bad(told, "a name with a dot, as in www.example.org");
        }
        if (NUMBER.matcher(last).matches()) {
            throw bad(told, "a name, not an address");
        }
    }

    private static void requireShortLabels(String name, String told) {
        for (var label : name.split("\\.", -1)) {
            if (label.length() > LONGEST_LABEL) {
                throw bad(told, "at most " + LONGEST_LABEL + " characters between two dots");
            }
        }
    }

    private static IllegalArgumentException shapeless(String told) {
        return bad(told, "letters, digits and '-' between dots, as in www.example.org");
    }

    private static IllegalArgumentException tooLong(String told) {
        return bad(
                told.substring(0, Math.min(told.length(), 40)) + "…",
                "at most " + LONGEST + " characters, so that " + PROOF + " fits before it");
    }

    private static IllegalArgumentException bad(String told, String expected) {
        return new IllegalArgumentException("domain: " + told + " (expected: " + expected + ")");
    }

    @Override
    public int compareTo(DomainName other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
