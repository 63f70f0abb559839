package dev.mayfly.cli;

import java.io.IOException;
import java.io.InputStream;
import java.util.function.Consumer;

/** What is typed on a terminal that does not wait for the end of a line: characters, and words for keys that have none. */
final class Keys {
    static final String UP = "up";
    static final String DOWN = "down";
    static final String ENTER = "enter";
    static final String BACK = "back";
    /** Nothing more is typed. */
    static final String END = "end";

    private Keys() {}

    /** Until there is nothing more. */
    static void read(InputStream in, Consumer<String> each) {
        try {
            for (int c = in.read(); c >= 0; c = in.read()) {
                each.accept(key(in, c));
            }
        } catch (IOException e) {
            // the terminal has gone
        }
        each.accept(END);
    }

    private static String key(InputStream in, int first) throws IOException {
        return switch (first) {
            case '\r', '\n' -> ENTER;
            case 0x7F, 0x08 -> BACK;
            case 0x1B -> in.available() == 0 ? BACK : sequence(in);
            default -> String.valueOf((char) first);
        };
    }

    /** {@code ESC [ A} and the like; what is not known says nothing. */
    private static String sequence(InputStream in) throws IOException {
        int c = in.read();
        if (c == '[' || c == 'O') {
            do {
                c = in.read();
            } while (c >= '0' && c <= '?');
        }
        return switch (c) {
            case 'A' -> UP;
            case 'B' -> DOWN;
            case 'D' -> BACK;
            default -> "";
        };
    }
}
