package dev.mayfly.provider.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * The numeric users that this server's instances run as, one each while they live. They have no names and own nothing else. Two homes have
 * different ranges, unless their keys collide; then each still tells its own processes by their runtime directory.
 */
public final class UserRange {
    private static final int FIRST = 2_000_000_000;
    private static final int COUNT = 4096;
    private static final int RANGES = 30_000;

    private final int first;
    private final int count;
    private final Set<Integer> taken = new HashSet<>();
    private int next;

    private UserRange(int first, int count) {
        this.first = first;
        this.count = count;
    }

    /** Empty where the user namespace that the server itself runs in has no room for such users. */
    public static Optional<UserRange> of(String key, Path proc) {
        int number = Integer.parseUnsignedInt(key, 16);
        int wide = FIRST + Integer.remainderUnsigned(number, RANGES) * COUNT;
        if (mapped(wide, COUNT, proc)) {
            return Optional.of(new UserRange(wide, COUNT));
        }
        int narrow = 20_000 + Integer.remainderUnsigned(number, 80) * 500;
        return mapped(narrow, 500, proc) ? Optional.of(new UserRange(narrow, 500)) : Optional.empty();
    }

    private static boolean mapped(int first, int count, Path proc) {
        try {
            for (var line : Files.readAllLines(proc.resolve("self/uid_map"))) {
                var columns = line.strip().split("\\s+", -1);
                long inside = Long.parseLong(columns[0]);
                long length = Long.parseLong(columns[2]);
                if (inside <= first && first + (long) count <= inside + length) {
                    return true;
                }
            }
            return false;
        } catch (IOException e) {
            return true; // no user namespaces here: every number is a user
        }
    }

    public boolean contains(int user) {
        return user >= first && user < first + count;
    }

    /** A user that no live instance has, the one unused for longest; empty when all are taken. */
    public synchronized Optional<Integer> take() {
        for (int tries = 0; tries < count; tries++) {
            int user = first + next;
            next = (next + 1) % count;
            if (taken.add(user)) {
                return Optional.of(user);
            }
        }
        return Optional.empty();
    }

    /** Only when no process of the user is left. */
    public synchronized void release(int user) {
        taken.remove(user);
    }

    @Override
    public String toString() {
        return first + "-" + (first + count - 1);
    }
}
