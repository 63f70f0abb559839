package dev.mayfly.cli;

/** Colours for a terminal; none when {@code on} is false. */
record Paint(boolean on) {
    String bold(String text) {
        return wrap("1", text);
    }

    String reversed(String text) {
        return wrap("7", text);
    }

    String dim(String text) {
        return wrap("2", text);
    }

    String red(String text) {
        return wrap("31", text);
    }

    String green(String text) {
        return wrap("32", text);
    }

    String yellow(String text) {
        return wrap("33", text);
    }

    private String wrap(String code, String text) {
        return on && !text.isEmpty() ? "\033[" + code + "m" + text + "\033[0m" : text;
    }
}
