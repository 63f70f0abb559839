package dev.mayfly.cli;

/** One line that says what is being sent: a bar on a terminal, otherwise said once. */
final class Progress {
    private static final int WIDTH = 24;

    private final Screen screen;
    private final String what;
    private final long total;
    private long done;
    private int drawn = -1;

    Progress(Screen screen, String what, long total) {
        this.screen = screen;
        this.what = what;
        this.total = total;
        if (!screen.terminal()) {
            screen.say("  " + what);
        }
    }

    void add(long amount) {
        done += amount;
        int percent = (int) (total == 0 ? 100 : done * 100 / total);
        if (screen.terminal() && percent != drawn) {
            drawn = percent;
            int full = percent * WIDTH / 100;
            screen.redraw("  " + what + "  " + "█".repeat(full)
                    + screen.errPaint().dim("░".repeat(WIDTH - full)) + "  " + percent + " %");
        }
    }

    void finish() {
        if (screen.terminal()) {
            screen.redraw("  " + what + "\n");
        }
    }
}
