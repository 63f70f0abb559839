package dev.mayfly.gateway;

import java.util.SplittableRandom;

/** What goes wrong on one connection between the gateway and an instance. Numbers of bytes count from the connection's beginning. */
sealed interface Fault {
    /** Which of the two that talk is heard wrongly. */
    enum Way {
        REQUEST,
        ANSWER
    }

    /** What a flood says where a whole answer of its own fits: nobody may ever be given it. */
    String FLOOD = "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nFLOODED";

    /** Closed between two answers, as soon as so much has been answered. */
    record Leave(long after) implements Fault {}

    /** Pieces of at most {@code piece} bytes, each after a pause, and then as {@link Leave}. */
    record Delay(int piece, int millis, long after) implements Fault {}

    record Cut(Way way, long after) implements Fault {}

    record Corrupt(Way way, long at, int flip) implements Fault {}

    record HalfClose(Way way, long after) implements Fault {}

    /** Nothing more is heard, and nothing is closed. */
    record Silence(Way way, long after) implements Fault {}

    /** Each answer is followed by what nobody asked for: {@link #FLOOD}, or noise. */
    record Flood(boolean noise) implements Fault {}

    static Fault draw(SplittableRandom random) {
        int kind = random.nextInt(100);
        var way = random.nextBoolean() ? Way.REQUEST : Way.ANSWER;
        // Within a head, or anywhere in what a few requests say.
        long place = random.nextInt(3) == 0 ? random.nextInt(300) : random.nextInt(60_000);
        if (kind < 15) {
            return new Leave(place);
        }
        if (kind < 25) {
            return new Delay(1 + random.nextInt(20_000), random.nextInt(1, 15), place);
        }
        if (kind < 45) {
            return new Cut(way, place);
        }
        if (kind < 65) {
            return new Corrupt(way, place, 1 << random.nextInt(8));
        }
        if (kind < 80) {
            return new HalfClose(way, place);
        }
        if (kind < 88) {
            return new Silence(way, place);
        }
        return new Flood(random.nextBoolean());
    }
}
