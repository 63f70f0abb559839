package dev.mayfly.engine;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Tells states of a {@link SmallWorld} apart: 128 bits of what the engine has in memory and of what is under way around it. Two states count as one
 * that differ only in what was written down, in what is over, in the statistics of arrivals, in how long requests and starts took by less than
 * sixteen times, or in moments that are far from now by less than five seconds.
 */
final class Fingerprint {
    /** Two hashes of different seeds: by chance they agree once in 10^38. */
    record Bits(long one, long other) {}

    private static final Set<Class<?>> LEFT_OUT = Set.of(
            Journal.class,
            Books.class,
            Surroundings.class,
            Target.class,
            Told.class,
            Refusals.class,
            Meter.class,
            CallChains.class,
            Headroom.class,
            Permits.class,
            PermitTree.class,
            PermitTree.Node.class,
            dev.mayfly.model.Limits.class,
            dev.mayfly.model.InvocationId.class,
            dev.mayfly.model.InstanceId.class,
            InvocationRequest.class);

    private static final Set<String> FIELDS_LEFT_OUT = Set.of("number", "timers", "pool", "around");

    private static final Map<Class<?>, List<Field>> FIELDS = new ConcurrentHashMap<>();
    private static final long FAR = 1L << 60;
    private static final long NEAR = Duration.ofSeconds(2).toNanos();
    private static final long COARSE = Duration.ofSeconds(5).toNanos();

    private final long now;
    private final IdentityHashMap<Object, Integer> seen = new IdentityHashMap<>();
    private long one = 0x9E3779B97F4A7C15L;
    private long other = 0xC2B2AE3D27D4EB4FL;

    Fingerprint(long now) {
        this.now = now;
    }

    static Bits of(SmallWorld world) {
        var print = new Fingerprint(world.now());
        print.world(world);
        return new Bits(print.one, print.other);
    }

    private void world(SmallWorld world) {
        bit(world.ended);
        world.left.values().forEach(this::number);
        number(world.lostLeft);
        for (var each : world.requests) {
            request(each);
        }
        for (var each : world.instances) {
            if (!each.over()) {
                object(each);
            }
        }
        object(pools(world.engine));
        long timer = world.nextTimer();
        number(timer == Alarm.NEVER ? -1 : timer - now);
    }

    private void request(SmallRequest each) {
        boolean over = each.over();
        bit(over);
        if (over) {
            return;
        }
        number(each.attempts.size());
        if (each.sent()) {
            number(each.attempt().answers);
            number(each.granted() ? 1 : each.attempt().refused != null ? 2 : 3);
            seen.put(each.attempt(), seen.size());
        }
        bit(each.heard);
        bit(each.begun);
        bit(each.ended);
        bit(each.responded);
        bit(each.responded && each.respondedAt == now);
        bit(each.left);
        bit(each.aborted);
    }

    private static Object pools(FunctionEngine engine) {
        try {
            var field = FunctionEngine.class.getDeclaredField("pools");
            field.setAccessible(true);
            return ((Map<?, ?>) field.get(engine)).values();
        } catch (ReflectiveOperationException e) {
            throw new LinkageError(e.getMessage(), e);
        }
    }

    private void bit(boolean value) {
        number(value ? 1 : 0);
    }

    private void number(long value) {
        one = mix(one ^ value) * 0x9FB21C651E98DF25L;
        other = mix(other + value) * 0xD6E8FEB86659FD93L;
    }

    private static long mix(long bits) {
        long hash = (bits ^ (bits >>> 32)) * 0xFF51AFD7ED558CCDL;
        return hash ^ (hash >>> 29);
    }

    private void moment(long value) {
        if (Math.abs(value - SmallWorld.EPOCH) < SmallWorld.EPOCH / 10) {
            number(coarse(value - now));
        } else if (value < FAR && value > -FAR) {
            number(value);
        } else {
            number(value == Long.MAX_VALUE ? 1 : value < 0 ? 2 : 3); // never, long ago, or the number of a request
        }
    }

    private static long coarse(long span) {
        return Math.abs(span) < NEAR ? span : Math.round((double) span / COARSE) * COARSE;
    }

    /** How long something takes, to a sixteenth. */
    private void span(long nanos) {
        number((Long.SIZE - Long.numberOfLeadingZeros(nanos)) / 4);
    }

    private void instance(Instance each) {
        object(each.state);
        bit(each.broken);
        bit(each.drainSent);
        bit(each.killSent);
        bit(each.exitBeforeReady != null);
        if (each.state instanceof InstanceState.Starting) {
            moment(each.startedNanos);
        }
        all(each.active.values());
    }

    private void invocation(Invocation each) {
        bit(each.holdsSlot());
        moment(each.holdsSlot() ? each.deadlineNanos : each.acceptedNanos);
        bit(each.started);
        bit(each.hasEnded());
        bit(each.listener != null);
        if (each.cut != null) {
            moment(each.cut.at());
        }
        if (each.response != null || each.hasEnded()) {
            moment(each.halfOverAt());
        }
        object(each.answer);
    }

    private void object(@Nullable Object some) {
        switch (some) {
            case null -> number(17);
            case Long value -> moment(value);
            case Number value -> number(value.hashCode());
            case Boolean value -> bit(value);
            case String value -> number(value.hashCode());
            case Enum<?> value -> number(value.name().hashCode());
            case Optional<?> value -> value.ifPresentOrElse(this::object, () -> number(19));
            case Collection<?> value -> all(value);
            case Map<?, ?> value -> all(value);
            default -> one(some);
        }
    }

    private void all(Collection<?> some) {
        number(some.size());
        some.forEach(this::object);
    }

    private void all(Map<?, ?> some) {
        number(some.size());
        some.forEach((key, value) -> {
            object(key);
            object(value);
        });
    }

    private void one(Object some) {
        var type = some.getClass();
        if (!type.getPackageName().equals(Fingerprint.class.getPackageName())
                || type.isHidden()
                || LEFT_OUT.contains(type)) {
            return;
        }
        var known = seen.putIfAbsent(some, seen.size());
        if (known != null) {
            number(known);
            return;
        }
        number(type.getName().hashCode());
        switch (some) {
            case Instance instance -> instance(instance);
            case Invocation invocation -> invocation(invocation);
            case Experience experience -> {
                span(experience.service());
                span(experience.coldStart());
                span(experience.waited(now));
            }
            default -> fieldsOf(type, some);
        }
    }

    private void fieldsOf(Class<?> type, Object some) {
        for (var field : FIELDS.computeIfAbsent(type, Fingerprint::fields)) {
            try {
                object(field.get(some));
            } catch (IllegalAccessException e) {
                throw new LinkageError(e.getMessage(), e);
            }
        }
    }

    private static List<Field> fields(Class<?> type) {
        var fields = new ArrayList<Field>();
        for (var each : type.getDeclaredFields()) {
            if (!FIELDS_LEFT_OUT.contains(each.getName()) && !Modifier.isStatic(each.getModifiers())) {
                each.setAccessible(true);
                fields.add(each);
            }
        }
        return fields;
    }
}
