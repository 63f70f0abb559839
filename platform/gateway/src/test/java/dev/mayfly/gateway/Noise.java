package dev.mayfly.gateway;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Foreign bytes, drawn from a seed: something good, changed in a few places. What fails names the seed of its round, with which that round alone is drawn
 * again.
 */
final class Noise {
    /** What parsers take for more than a letter, and what they should not take at all. */
    private static final String BYTES =
            "\0\t\n\u000b\f\r \"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~\u007f\u0080\u0085\u009b\u00a0\u00ad\u00ff";

    private static final String PLAIN = "09aAbfFgzZ";
    private static final List<String> PIECES = List.of(
            "\r\n",
            "\r\n\r\n",
            "\n\n",
            "\r\n ",
            "%00",
            "%2F",
            "%2e%2e",
            "%",
            "..",
            "//",
            "::",
            "00",
            "\u00c3\u00a9",
            "65536",
            "-1",
            "18446744073709551616",
            "0x",
            "chunked",
            "bytes=",
            "=\"",
            "\\\"",
            ", ",
            ";");
    private static final int MOST_CHANGES = 5;
    private static final int LONGEST_SHOWN = 2000;

    private final SplittableRandom random;
    private final StringBuilder drawn = new StringBuilder();

    private Noise(long seed) {
        random = new SplittableRandom(seed);
    }

    /** What has to be so of one drawing. */
    interface Round {
        void run(Noise noise) throws Exception;
    }

    /** @throws AssertionError naming the seed of the round that failed, and what was drawn in it */
    static void rounds(long seed, int count, Round round) {
        for (long of = seed; of < seed + count; of++) {
            var noise = new Noise(of);
            try {
                round.run(noise);
            } catch (Exception | AssertionError | StackOverflowError e) {
                throw new AssertionError("seed " + of + ": " + e.getMessage() + "\nof" + noise.drawn, e);
            }
        }
    }

    /** Rounds of {@code clients} at once, {@code count} each, of seeds of their own. */
    static void atOnce(long seed, int clients, int count, Round round) throws InterruptedException, ExecutionException {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var all = new ArrayList<Future<?>>();
            for (int i = 0; i < clients; i++) {
                long first = seed + (long) i * count;
                all.add(threads.submit(() -> rounds(first, count, round)));
            }
            for (var each : all) {
                each.get();
            }
        }
    }

    /** One of these, in one place of three as it is and otherwise changed. */
    String like(String... good) {
        return like(List.of(good));
    }

    String like(List<String> good) {
        var text = new StringBuilder(one(good));
        int changes = once(3) ? 0 : 1 + random.nextInt(MOST_CHANGES);
        for (int i = 0; i < changes; i++) {
            change(text, good);
        }
        return shown(text.toString());
    }

    /** Any characters of Unicode, but for halves of pairs. */
    String text(int longest) {
        var text = new StringBuilder();
        for (int left = random.nextInt(longest + 1); left > 0; left--) {
            int any = once(2) ? random.nextInt(0x80) : random.nextInt(Character.MAX_CODE_POINT + 1);
            text.appendCodePoint(any >= Character.MIN_SURROGATE && any <= Character.MAX_SURROGATE ? 'x' : any);
        }
        return shown(text.toString());
    }

    <T> T one(List<T> of) {
        return of.get(random.nextInt(of.size()));
    }

    int below(int bound) {
        return random.nextInt(bound);
    }

    long number() {
        return random.nextLong();
    }

    boolean once(int in) {
        return random.nextInt(in) == 0;
    }

    private void change(StringBuilder text, List<String> good) {
        int at = random.nextInt(text.length() + 1);
        int end = Math.min(text.length(), at + 1 + random.nextInt(once(4) ? 20 : 2));
        switch (random.nextInt(8)) {
            case 0 -> text.delete(at, end);
            case 1 -> text.insert(at, text.substring(at, end));
            case 2 -> text.replace(at, end, Character.toString(special()));
            case 3 -> text.insert(at, special());
            case 4 -> text.insert(at, one(PIECES));
            case 5 -> text.replace(at, end, flipped(text.substring(at, end)));
            case 6 -> {
                var other = one(good);
                text.insert(at, other.substring(random.nextInt(other.length() + 1)));
            }
            default -> text.insert(at, Character.toString(special()).repeat(1 + random.nextInt(once(50) ? 5000 : 8)));
        }
    }

    private char special() {
        var from = once(3) ? PLAIN : BYTES;
        return once(20) ? (char) random.nextInt(0x100) : from.charAt(random.nextInt(from.length()));
    }

    /** With one bit of each byte turned round. */
    private String flipped(String text) {
        int bit = 1 << random.nextInt(8);
        var flipped = new StringBuilder();
        text.chars().forEach(c -> flipped.append((char) ((c ^ bit) & 0xFF)));
        return flipped.toString();
    }

    private String shown(String text) {
        if (drawn.length() < LONGEST_SHOWN) {
            drawn.append(" \"").append(escaped(text)).append('"');
        }
        return text;
    }

    static String escaped(String text) {
        var escaped = new StringBuilder();
        text.chars().limit(LONGEST_SHOWN).forEach(c -> {
            if (c >= ' ' && c < 0x7F && c != '\\' && c != '"') {
                escaped.append((char) c);
            } else {
                escaped.append(String.format("\\u%04x", c));
            }
        });
        return escaped.toString();
    }
}
