package dev.mayfly.gateway;

import dev.mayfly.engine.SplitChoice;
import dev.mayfly.engine.SplitChoice.By;
import dev.mayfly.model.Alias;
import dev.mayfly.model.Share;
import dev.mayfly.model.Stickiness;
import io.vertx.core.http.HttpServerRequest;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The deployments among which the requests of one alias are divided. Together they have as many seats as the smallest numbers that say their weights;
 * each has its seats side by side, in the order in which the deployments were made.
 *
 * <p>Requests of nobody in particular take all seats in one round after the other, in steps of about the golden section of all (D. Knuth, The Art of
 * Computer Programming, volume 3, section 6.4), so that in each round each deployment gets exactly its part, spread evenly. A client that is to stay
 * has a point of the circle of 2^64 that the seats divide; a change of weights moves those beside the ends that it moves, which of two deployments are
 * no more than must. For many threads, without a lock.
 */
final class Split {
    private static final double GOLDEN_SECTION = (Math.sqrt(5) - 1) / 2;

    private final Alias alias;
    private final List<Site> sites;
    private final int[] ends;
    private final int seats;
    private final int step;
    private final long width;
    private final AtomicLong requests = new AtomicLong();

    /** @param sites one for each share, in their order */
    Split(Alias alias, List<Site> sites) {
        this.alias = alias;
        this.sites = List.copyOf(sites);
        this.ends = ends(alias.shares());
        this.seats = ends[ends.length - 1];
        this.step = step(seats);
        this.width = Long.divideUnsigned(-1, seats);
    }

    /** Whether it is the one of {@code other}, and may go on counting. */
    boolean isOf(Alias other) {
        return alias.equals(other);
    }

    /** What serves a request, and why that. */
    record Led(Site site, SplitChoice choice) {}

    Led choose(HttpServerRequest request, StickyHeads heads) {
        return switch (alias.stickiness()) {
            case Stickiness.None none -> led(By.TURN, nextSeat());
            case Stickiness.Cookie cookie -> byCookie(request, heads);
            case Stickiness.Header(var name) -> {
                heads.known(request, name);
                var value = request.getHeader(name);
                yield value == null ? led(By.NO_HEADER, nextSeat()) : led(By.HEADER, seatAt(hash(value)));
            }
        };
    }

    private Led led(By by, long seat) {
        return new Led(seat(seat), new SplitChoice(alias, by, (int) seat, seats));
    }

    /** For the next request of nobody in particular. */
    Site next() {
        return seat(nextSeat());
    }

    private long nextSeat() {
        return seatOf(requests.getAndIncrement());
    }

    /** @param point of the circle, unsigned */
    Site at(long point) {
        return seat(seatAt(point));
    }

    private long seatAt(long point) {
        return Math.unsignedMultiplyHigh(point, seats);
    }

    /** FNV-1a, then the end of MurmurHash3, which spreads it to the high bits. */
    static long hash(String text) {
        long hash = 0xCBF29CE484222325L;
        for (int i = 0; i < text.length(); i++) {
            hash = (hash ^ text.charAt(i)) * 0x100000001B3L;
        }
        return spread(hash);
    }

    private Led byCookie(HttpServerRequest request, StickyHeads heads) {
        var known = SplitCookie.read(request.headers());
        if (known.isPresent()) {
            heads.known(request, "cookie");
            return led(By.COOKIE, seatAt(known.getAsLong()));
        }
        long point = newPoint();
        heads.fresh(request, point);
        return led(By.NEW_COOKIE, seatAt(point));
    }

    /** Somewhere in the part of the circle that is the next seat's. Rounding makes that part up to as many points shorter as there are seats. */
    long newPoint() {
        long number = requests.getAndIncrement();
        long within = Math.unsignedMultiplyHigh(spread(number), width - seats);
        return seatOf(number) * (width + 1) + within;
    }

    /** Each round begins at another seat; else what comes at regular intervals would always come to the same one. */
    private long seatOf(long number) {
        long begin = Math.unsignedMultiplyHigh(spread(number / seats), seats);
        return (number % seats * step + begin) % seats;
    }

    private Site seat(long seat) {
        int i = 0;
        while (seat >= ends[i]) {
            i++;
        }
        return sites.get(i);
    }

    private static long spread(long bits) {
        long hash = (bits ^ (bits >>> 33)) * 0xFF51AFD7ED558CCDL;
        hash = (hash ^ (hash >>> 33)) * 0xC4CEB9FE1A85EC53L;
        return hash ^ (hash >>> 33);
    }

    /** Where the seats of each end. */
    private static int[] ends(List<Share> shares) {
        var ends = new int[shares.size()];
        int end = 0;
        int i = 0;
        for (var share : Share.proportions(shares)) {
            end += share.weight();
            ends[i++] = end;
        }
        return ends;
    }

    /** The next below the golden section that comes by every seat. */
    private static int step(int seats) {
        int step = Math.max(1, (int) (seats * GOLDEN_SECTION));
        while (greatestCommonDivisor(step, seats) > 1) {
            step--;
        }
        return step;
    }

    private static int greatestCommonDivisor(int a, int b) {
        return b == 0 ? a : greatestCommonDivisor(b, a % b);
    }
}
