package dev.mayfly.store.local;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;

/** Opens a home and keeps it until killed, or until its input ends. */
final class OpenHome {
    private OpenHome() {}

    public static void main(String[] arguments) throws IOException {
        var home = Path.of(arguments[0]);
        try (var store = LocalStore.open(home, home.resolve("artifacts"), Clock.systemUTC())) {
            System.out.println("open");
            while (System.in.read() >= 0) {
                store.logs().flush();
            }
        }
    }
}
