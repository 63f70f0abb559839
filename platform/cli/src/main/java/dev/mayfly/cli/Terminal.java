package dev.mayfly.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A terminal of which the whole screen is ours until this is closed. A shell beside this process is the one that changes the terminal and changes it back:
 * it waits for the end of what this process says to it, which comes however this process ends, so the terminal is restored even after SIGKILL. It also
 * tells the size (docs/decisions/0022-a-shell-keeps-the-terminal.md).
 */
final class Terminal implements AutoCloseable {
    /** Signals are for the process that draws; who restores must outlive it. A background process may not set a terminal unless it ignores TTOU. */
    private static final String KEEPER = """
            trap '' INT TERM HUP QUIT TSTP TTOU TTIN
            exec 3<>/dev/tty || exit 1
            saved=$(stty -g <&3) || exit 1
            restore() { printf '\\033[0m\\033[?25h\\033[?1049l' >&3; stty "$saved" <&3; }
            stty -icanon -echo -ixon min 1 time 0 susp undef dsusp undef <&3 2>/dev/null || stty -icanon -echo min 1 time 0 <&3
            printf '\\033[?1049h\\033[?25l' >&3
            while read -r ask; do stty size <&3 || echo 24 80; done
            restore
            """;

    private static final int LEAST = 3;

    private final Process keeper;
    private final OutputStream asking;
    private final BufferedReader told;
    private final PrintStream out;
    private boolean closed;

    /** Lines and columns. */
    record Size(int lines, int columns) {}

    /** Whether there is a terminal to be had. */
    static boolean possible(Surroundings surroundings) {
        return Files.isReadable(Path.of("/dev/tty"))
                && !surroundings.variable("TERM").equals("dumb");
    }

    Terminal(PrintStream out) {
        this.out = out;
        try {
            keeper = new ProcessBuilder(List.of("/bin/sh", "-c", KEEPER))
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        asking = keeper.getOutputStream();
        told = new BufferedReader(new InputStreamReader(keeper.getInputStream(), StandardCharsets.US_ASCII));
    }

    /** As it is now; it may be resized at any time. */
    synchronized Size size() {
        if (closed) {
            return new Size(24, 80);
        }
        try {
            asking.write('\n');
            asking.flush();
            var line = told.readLine();
            if (line == null) {
                throw new Failure("this is no terminal that can be drawn on", "mayfly top --once");
            }
            var words = line.split(" ", -1);
            return new Size(atLeast(words[0], 24), atLeast(words[words.length - 1], 80));
        } catch (IOException e) {
            throw new Failure("this is no terminal that can be drawn on", "mayfly top --once");
        }
    }

    private static int atLeast(String text, int unless) {
        try {
            int number = Integer.parseInt(text.strip());
            return number == 0 ? unless : Math.max(LEAST, number);
        } catch (NumberFormatException e) {
            return unless;
        }
    }

    /** Shows these lines and nothing else, each cut to the width. */
    synchronized void draw(List<String> lines, Size size) {
        if (closed) {
            return;
        }
        var screen = new StringBuilder("\033[H");
        for (int i = 0; i < size.lines(); i++) {
            screen.append(i == 0 ? "" : "\n")
                    .append(i < lines.size() ? cut(lines.get(i), size.columns()) : "")
                    .append("\033[K");
        }
        out.print(screen);
        out.flush();
    }

    /** What colours is not counted. */
    static String cut(String line, int columns) {
        int shown = 0;
        for (int i = 0; i < line.length(); i++) {
            if (line.charAt(i) == '\033') {
                i = line.indexOf('m', i);
                if (i < 0) {
                    return "";
                }
            } else if (++shown > columns) {
                return line.substring(0, i) + "\033[0m";
            } else if (Character.isHighSurrogate(line.charAt(i))) {
                i++;
            }
        }
        return line;
    }

    /** Gives it back as it was, and waits for that. */
    @Override
    public synchronized void close() {
        closed = true;
        try {
            asking.close();
            keeper.waitFor(5, TimeUnit.SECONDS);
        } catch (IOException e) {
            keeper.destroy(); // it has gone, and restored what it changed
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
