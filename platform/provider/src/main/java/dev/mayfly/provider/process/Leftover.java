package dev.mayfly.provider.process;

import java.util.Optional;

/** What is noted of an instance for the case that the server is killed: user (or -), pid of its init and when that started. */
record Leftover(Optional<Integer> user, long pid, long startTicks) {
    String line() {
        return user.map(String::valueOf).orElse("-") + " " + pid + " " + startTicks;
    }

    /** Empty for a line that was cut short. */
    static Optional<Leftover> parse(String line) {
        var parts = line.strip().split(" ", -1);
        if (parts.length != 3 || !(parts[0].equals("-") || parts[0].matches("\\d{1,10}"))) {
            return Optional.empty();
        }
        if (!parts[1].matches("\\d{1,10}") || !parts[2].matches("\\d{1,18}")) {
            return Optional.empty();
        }
        Optional<Integer> user = parts[0].equals("-") ? Optional.empty() : Optional.of(Integer.parseInt(parts[0]));
        return Optional.of(new Leftover(user, Long.parseLong(parts[1]), Long.parseLong(parts[2])));
    }
}
