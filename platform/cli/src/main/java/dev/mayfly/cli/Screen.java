package dev.mayfly.cli;

/** Data goes to standard output, words for people to standard error. */
final class Screen {
    private final Surroundings surroundings;
    private final Paint out;
    private final Paint err;

    Screen(Surroundings surroundings) {
        this.surroundings = surroundings;
        this.out = surroundings.outPaint();
        this.err = surroundings.errPaint();
    }

    /** Colours for {@link #data}. */
    Paint outPaint() {
        return out;
    }

    /** Colours for {@link #say}. */
    Paint errPaint() {
        return err;
    }

    boolean terminal() {
        return surroundings.errTerminal();
    }

    synchronized void data(String line) {
        surroundings.out().print(line + "\n");
        surroundings.out().flush();
    }

    synchronized void data(byte[] bytes, int length) {
        surroundings.out().write(bytes, 0, length);
        surroundings.out().flush();
    }

    synchronized void say(String line) {
        surroundings.err().print(line + "\n");
        surroundings.err().flush();
    }

    /** Replaces the last line that was drawn so; only on a terminal. */
    synchronized void redraw(String line) {
        surroundings.err().print("\r\033[K" + line);
        surroundings.err().flush();
    }

    synchronized void warn(String text) {
        say(err.yellow("warning:") + " " + text);
    }

    /** The one form in which errors are told. */
    synchronized void error(Failure failure) {
        var lines = failure.message().split("\n", -1);
        say(err.red("error:") + " " + lines[0]);
        for (int i = 1; i < lines.length; i++) {
            say("  " + lines[i]);
        }
        if (!failure.fix().isEmpty()) {
            say("  " + err.bold("fix:") + " " + failure.fix().replace("\n", "\n       "));
        }
    }
}
