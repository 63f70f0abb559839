package dev.mayfly.cli;

/** The {@code mayfly} command. */
public final class Main {
    private Main() {}

    /** Runs one command and exits with its code: 0 done, 1 failed, 2 the command line is wrong. */
    public static void main(String[] arguments) {
        System.exit(run(arguments));
    }

    static int run(String... arguments) {
        return Program.run(Surroundings.ofProcess(), arguments);
    }
}
