package dev.mayfly.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.engine.Deployments.Changed;
import dev.mayfly.model.Deployment;
import dev.mayfly.model.Entrypoint;
import dev.mayfly.model.Function;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Teams, projects, functions and limits by chance, with instances that die, clients that leave and limits that change: nothing runs beyond a limit, and
 * every request gets one answer, which none has to wait for in vain.
 */
final class LimitsSimulationTest {
    private static final Duration STEP = Duration.ofMillis(20);
    private static final int STEPS = 300;

    static IntStream seeds() {
        return IntStream.range(0, 60);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void nothingRunsBeyondALimitAndNobodyIsForgotten(int seed) {
        var run = new Run(seed, 0);
        run.steps(STEPS);

        assertThat(run.tooMany).as("seed %d", seed).isEmpty();
        run.rest();
        assertThat(run.open()).as("seed %d: requests without an answer", seed).isEmpty();
        assertThat(run.calls).as("seed %d", seed).allMatch(call -> call.answers <= 1);
    }

    @Test
    void aLimitThatIsExceededByOneIsFound() {
        var found = seeds().filter(seed -> {
            var run = new Run(seed, 1);
            run.steps(STEPS);
            return !run.tooMany.isEmpty();
        });

        assertThat(found.count()).isGreaterThan(20);
    }

    private static final class Run {
        private final Random random;
        private final Tenants tenants = new Tenants();
        private final World world;
        private final int server;
        private final int team;
        /** How much less than the limits the check takes for right. */
        private final int less;

        private final List<World.Call> calls = new ArrayList<>();
        private final Map<World.Call, Deployment> of = new HashMap<>();
        private final Map<World.Call, String> functions = new HashMap<>();
        private final Map<String, Deployment> projects = new TreeMap<>();
        private final List<String> tooMany = new ArrayList<>();
        /** Requests that ran when a limit became lower may be too many: who ran then counts for nothing. */
        private final List<World.Call> before = new ArrayList<>();

        private Run(int seed, int less) {
            this.random = new Random(seed);
            this.less = less;
            this.server = limit(12);
            this.team = limit(8);
            var d = EngineSettings.DEFAULTS;
            this.world = new World(
                    Changed.nothing(),
                    Entrypoint.Kind.HANDLER,
                    new EngineSettings(
                            d.billInit(),
                            d.startTimeout(),
                            d.drainTimeout(),
                            d.startAhead(),
                            d.callDepth(),
                            server,
                            team));
            for (int i = 0; i < 1 + random.nextInt(4); i++) {
                deploy("project" + i);
            }
        }

        private int limit(int most) {
            return random.nextBoolean() ? EngineSettings.ANY : 3 + random.nextInt(most - 2);
        }

        private void deploy(String name) {
            var all = new ArrayList<Function>();
            int most = limit(7);
            int left = most == EngineSettings.ANY ? 5 : most - 1;
            for (int i = 0; i < 1 + random.nextInt(4); i++) {
                Integer reserved = random.nextInt(3) == 0 && left > 0 ? 1 + random.nextInt(Math.min(2, left)) : null;
                left -= reserved == null ? 0 : reserved;
                all.add(Tenants.function("f" + i, reserved, 10_000, Duration.ofHours(10)));
            }
            var deployment = tenants.project(
                    "team" + Math.floorMod(name.hashCode(), 2),
                    name,
                    most == EngineSettings.ANY ? null : most,
                    all.toArray(Function[]::new));
            projects.put(name, deployment);
            before.clear();
            before.addAll(running());
            world.engine.limit(tenants.snapshot());
        }

        private void steps(int count) {
            for (int i = 0; i < count; i++) {
                switch (random.nextInt(40)) {
                    case 0 -> deploy("project" + random.nextInt(projects.size()));
                    case 1 -> world.live().stream().findFirst().ifPresent(each -> each.exit(1));
                    case 2, 3 ->
                        calls.stream()
                                .filter(call -> call.answers == 0)
                                .findAny()
                                .ifPresent(call -> {
                                    call.place.giveUp();
                                    of.remove(call);
                                });
                    default -> send(random.nextInt(4));
                }
                world.pass(STEP);
                check();
            }
        }

        private void send(int count) {
            var deployment = List.copyOf(projects.values()).get(random.nextInt(projects.size()));
            var function = deployment
                    .functions()
                    .get(random.nextInt(deployment.functions().size()));
            var name = function.name().value();
            var run = Duration.ofMillis(1 + random.nextInt(random.nextInt(10) == 0 ? 3000 : 150));
            for (var call : Tenants.call(world, deployment, name, count, run)) {
                calls.add(call);
                of.put(call, deployment);
                functions.put(call, name);
            }
        }

        /** Lets all finish. */
        private void rest() {
            for (int i = 0; i < 400 && !open().isEmpty(); i++) {
                world.pass(Duration.ofSeconds(5));
                check();
            }
        }

        private List<World.Call> open() {
            return calls.stream()
                    .filter(call -> call.answers == 0 && of.containsKey(call))
                    .toList();
        }

        private List<World.Call> running() {
            return calls.stream()
                    .filter(call -> call.lease != null && !call.done && of.containsKey(call))
                    .toList();
        }

        private void check() {
            var now = running();
            before.retainAll(now);
            if (!before.isEmpty()) {
                return;
            }
            atMost("the server", now.size(), server);
            now.stream()
                    .collect(Collectors.groupingBy(
                            call -> Math.floorMod(project(call).hashCode(), 2), Collectors.counting()))
                    .forEach((name, count) -> atMost("team " + name, count, team));
            now.stream()
                    .collect(Collectors.groupingBy(Run.this::project, Collectors.counting()))
                    .forEach((name, count) -> {
                        var most = Objects.requireNonNull(projects.get(name)).maxConcurrency();
                        atMost(name, count, most == null ? EngineSettings.ANY : most);
                    });
            now.stream()
                    .collect(Collectors.groupingBy(
                            call -> project(call) + " " + functions.get(call), Collectors.counting()))
                    .forEach((name, count) -> atMost(name, count, reserved(name)));
        }

        private int reserved(String function) {
            int space = function.indexOf(' ');
            var deployment = Objects.requireNonNull(projects.get(function.substring(0, space)));
            return deployment.reservations().entrySet().stream()
                    .filter(each -> each.getKey().value().equals(function.substring(space + 1)))
                    .mapToInt(Map.Entry::getValue)
                    .findFirst()
                    .orElse(EngineSettings.ANY);
        }

        private String project(World.Call call) {
            return Objects.requireNonNull(of.get(call)).project().value();
        }

        private void atMost(String whose, long count, int most) {
            if (count > most - less) {
                tooMany.add(whose + ": " + count + " (expected: <= " + most + ")");
            }
        }
    }
}
