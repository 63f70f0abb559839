package dev.mayfly.gateway;

import java.util.Arrays;
import java.util.random.RandomGenerator;

/**
 * How often each client may ask: a bucket of tokens, one second's worth of them, held as the time at which it will be full again (GCRA, ITU-T I.371).
 * One for all event loops. Its memory is fixed: where there are more clients than places, the one whose bucket is fullest is forgotten, so whoever asks
 * too often is remembered however many others come. Which places a client may have is secret, so that nobody can choose addresses that push another out.
 */
final class ClientRequests {
    private static final int SHARDS = 64;
    private static final int WAYS = 8;
    private static final int SETS = 128;
    private static final long SECOND = 1_000_000_000;
    private static final long FREE = Long.MIN_VALUE;

    private final Shard[] shards = new Shard[SHARDS];
    private final long interval;
    private final long secret;

    /** @param perSecond at least 1 */
    ClientRequests(int perSecond, RandomGenerator random) {
        interval = Math.max(1, SECOND / perSecond);
        secret = random.nextLong();
        for (int i = 0; i < SHARDS; i++) {
            shards[i] = new Shard();
        }
    }

    /** Takes a token of {@code client}: 0, or for how many nanoseconds there will be none. */
    long take(long client, long now) {
        long hash = mixed(client ^ secret);
        return shards[(int) hash & (SHARDS - 1)].take(client, (int) (hash >>> 32) & (SETS - 1), now, interval);
    }

    /** How many clients are remembered, of at most {@link #places}. */
    int remembered() {
        int count = 0;
        for (var shard : shards) {
            count += shard.remembered();
        }
        return count;
    }

    static int places() {
        return SHARDS * SETS * WAYS;
    }

    /** The finalizer of SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators). */
    private static long mixed(long value) {
        long z = (value ^ (value >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }

    /** A part of the table under a lock of its own, which is held for some nanoseconds. */
    private static final class Shard {
        private final long[] clients = new long[SETS * WAYS];
        private final long[] fullAt = new long[SETS * WAYS];

        Shard() {
            Arrays.fill(fullAt, FREE);
        }

        synchronized long take(long client, int set, long now, long interval) {
            int first = set * WAYS;
            int place = first;
            for (int i = first; i < first + WAYS; i++) {
                if (fullAt[i] != FREE && clients[i] == client) {
                    return take(i, Math.max(fullAt[i], now), now, interval);
                }
                if (fullAt[i] < fullAt[place]) {
                    place = i;
                }
            }
            clients[place] = client;
            return take(place, now, now, interval);
        }

        private long take(int place, long from, long now, long interval) {
            long next = from + interval;
            if (next - now > Math.max(SECOND, interval)) {
                return next - now - Math.max(SECOND, interval);
            }
            fullAt[place] = next;
            return 0;
        }

        synchronized int remembered() {
            int count = 0;
            for (long at : fullAt) {
                count += at == FREE ? 0 : 1;
            }
            return count;
        }
    }
}
