package dev.mayfly.engine;

import java.util.Arrays;

/** Numbers of which most are zero: only the others take room. */
final class SparseCounts {
    private static final byte[] NOWHERE = {};
    private static final long[] NONE = {};

    private byte[] places = NOWHERE;
    private long[] values = NONE;

    void add(long[] amounts) {
        for (int i = 0; i < amounts.length; i++) {
            if (amounts[i] != 0) {
                add(i, amounts[i]);
            }
        }
    }

    private void add(int place, long amount) {
        int at = Arrays.binarySearch(places, (byte) place);
        if (at < 0) {
            at = -at - 1;
            places = Arrays.copyOf(places, places.length + 1);
            values = Arrays.copyOf(values, values.length + 1);
            System.arraycopy(places, at, places, at + 1, places.length - 1 - at);
            System.arraycopy(values, at, values, at + 1, values.length - 1 - at);
            places[at] = (byte) place;
            values[at] = 0;
        }
        values[at] += amount;
    }

    /** All, the zeros included. */
    long[] all(int size) {
        var all = new long[size];
        for (int i = 0; i < places.length; i++) {
            all[places[i]] = values[i];
        }
        return all;
    }
}
