package dev.mayfly.engine;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * One thing that happens in a {@link SmallWorld}.
 *
 * @param of the number of the request or instance; 0: of none
 */
record SmallEvent(Kind kind, int of) {
    /** What may happen. */
    enum Kind {
        /** The next request comes. */
        ARRIVE,
        /** The gateway hears the answer. */
        HEAR,
        /** The worker says that it began the request. */
        BEGIN,
        /** The worker says that it is done with the request. */
        END,
        /** The gateway says that the response is over, however it went. */
        RESPOND,
        /** The gateway cannot reach the instance. */
        UNREACHED,
        /** The client leaves before anything was sent. */
        LEAVE,
        READY,
        FAIL,
        EXIT,
        /** Time goes on to the next timer. */
        TIMER,
        /** The deployment is deleted. */
        DELETE,
        /** The server is to close. */
        DRAIN
    }

    @Override
    public String toString() {
        return kind.name().toLowerCase(Locale.ROOT) + (of == 0 ? "" : " " + of);
    }

    /** Reads what {@link #toString} wrote, several with commas between. */
    static List<SmallEvent> parse(String text) {
        return Arrays.stream(text.split(",", -1))
                .map(each -> each.strip().split(" ", -1))
                .map(words -> new SmallEvent(
                        Kind.valueOf(words[0].toUpperCase(Locale.ROOT)),
                        words.length == 1 ? 0 : Integer.parseInt(words[1])))
                .toList();
    }
}
