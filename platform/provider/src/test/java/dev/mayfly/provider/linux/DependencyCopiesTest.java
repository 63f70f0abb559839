package dev.mayfly.provider.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.mayfly.model.Egress;
import dev.mayfly.provider.Claim;
import dev.mayfly.provider.InstanceSpec;
import dev.mayfly.provider.ProvidedInstance;
import dev.mayfly.provider.Provider;
import dev.mayfly.provider.ProviderContract;
import dev.mayfly.provider.ReportLog;
import dev.mayfly.provider.UnixHttp;
import dev.mayfly.provider.UsualLimits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** Instances that are copies of a zygote with their project's dependencies in it. */
final class DependencyCopiesTest extends ProviderContract {
    /** A module that takes long to import and knows in which process that was. */
    private static final String SLOW =
            "import os, time\ntime.sleep(0.06)\nloaded_in = os.getpid()\nrandom_of_module = os.urandom(4).hex()\n";

    /** What a library does when it is imported, and a word of the reason why it then is not held ready. */
    private static final Map<String, String> UNFIT = Map.of(
            "import threading\nthreading.Thread(target=time.sleep, args=(999,), daemon=True).start()", "threads",
            "import mmap\nshared = mmap.mmap(-1, 4096)", "share",
            "import subprocess\nchild = subprocess.Popen(['sleep', '999'])", "process of its own",
            "import select\nkept = select.epoll()", "descriptor",
            "os.register_at_fork(after_in_child=os.abort)", "SIGABRT",
            "os.register_at_fork(before=lambda: 1 / 0)", "ZeroDivisionError");

    @SuppressWarnings("unused") // by name
    private static final Set<String> UNFIT_SOURCES = UNFIT.keySet();

    private static final String USING = "import slow\n";

    @TempDir
    private Path folder;

    private LinuxFixture fixture;
    private LinuxProvider provider;
    private Path code;
    private Path layer;
    private String owner = "team/project/1";

    @BeforeEach
    void start() throws Exception {
        fixture = new LinuxFixture(folder);
        code = readable("code");
        layer = readable("layer");
        Files.writeString(layer.resolve("slow.py"), SLOW);
        provider = fixture.provider(new Warmth(0, 0, true, 256L << 20));
        provider.expect(Set.of("python3"));
        await().until(() -> processes("zygote") > 0);
    }

    private Path readable(String name) throws IOException {
        var made = Files.createDirectory(folder.resolve(name));
        Files.setPosixFilePermissions(made, PosixFilePermissions.fromString("rwxr-xr-x"));
        return made;
    }

    @AfterEach
    void nothingIsLeft() {
        if (provider != null) {
            provider.close();
            assertThat(fixture.processes()).isEmpty();
            assertThat(fixture.directory.root()).doesNotExist();
        }
    }

    private long processes(String role) {
        return provider.processes().stream()
                .filter(process -> process.role().equals(role))
                .count();
    }

    @Override
    protected InstanceSpec spec(String source) throws IOException {
        var usual = super.spec(source);
        return new InstanceSpec(
                usual.id(),
                usual.function(),
                usual.runtime(),
                usual.entrypoint(),
                usual.code(),
                layer,
                owner,
                usual.environment(),
                usual.limits(),
                usual.startTimeout());
    }

    /** Has one opened, as using its dependencies once does. */
    private void open() throws Exception {
        var first = claimed(USING + handler("pass"));
        assertThat(first.rung()).isEqualTo("zygote");
        first.kill();
        awaitSeats();
    }

    private void awaitSeats() {
        await().until(() -> processes("dependency-zygote") >= 2 + 2 * DependencyOpener.SEATS);
    }

    private ProvidedInstance claimed(String source) throws Exception {
        return switch (provider.claim(spec(source), new ReportLog())) {
            case Claim.Ready(ProvidedInstance instance) -> instance;
            case Claim.Failed failed -> throw new AssertionError(failed.toString());
        };
    }

    private String answer(ProvidedInstance instance) throws Exception {
        return UnixHttp.get(instance.address(), "/", 1).body();
    }

    @Override
    protected Provider provider() {
        return new Held(
                provider,
                _ -> {
                    try {
                        if (processes("dependency-zygote") == 0) {
                            var source = Files.readString(code.resolve("api.py"));
                            open();
                            Files.writeString(code.resolve("api.py"), source);
                        }
                    } catch (Exception e) {
                        throw new AssertionError(e);
                    }
                },
                Set.of("dependencies"));
    }

    @Override
    protected Path code() {
        return code;
    }

    @Test
    void what_was_loaded_before_is_not_loaded_again() throws Exception {
        open();
        var source = USING + handler("answer = f'{slow.loaded_in} {slow.random_of_module} {os.getpid()}'");
        var first = claimed(source);
        var second = claimed(source);

        assertThat(first.rung()).isEqualTo("dependencies");
        var words = answer(first).split(" ", -1);
        assertThat(words[0]).isNotEqualTo(words[2]);
        assertThat(answer(second).split(" ", -1)[1]).isEqualTo(words[1]);
        assertThat(first.steps()).extracting(ProvidedInstance.Step::name).containsExactly("specialise", "load");
        first.kill();
        second.kill();
    }

    @Test
    void another_team_with_equal_dependencies_has_its_own() throws Exception {
        open();
        owner = "other/project/1";
        var theirs = claimed(USING + handler("answer = slow.random_of_module"));

        assertThat(theirs.rung()).isEqualTo("zygote");
        theirs.kill();
    }

    @Test
    void changed_dependencies_are_never_served_from_the_old_ones() throws Exception {
        open();
        layer = readable("changed");
        Files.writeString(layer.resolve("slow.py"), SLOW + "changed = True\n");
        var changed = claimed(USING + handler("answer = str(slow.changed)"));

        assertThat(changed.rung()).isEqualTo("zygote");
        assertThat(answer(changed)).isEqualTo("True");
        changed.kill();
    }

    @Test
    void a_function_cannot_poison_what_the_next_gets() throws Exception {
        open();
        var poison = claimed(USING + handler("slow.loaded_in = 'poisoned'; answer = slow.loaded_in"));
        assertThat(answer(poison)).isEqualTo("poisoned");
        var next = claimed(USING + handler("answer = str(slow.loaded_in)"));

        assertThat(next.rung()).isEqualTo("dependencies");
        assertThat(answer(next)).isNotEqualTo("poisoned");
        poison.kill();
        next.kill();
    }

    @Test
    void more_than_there_are_seats_for_are_started_otherwise_and_then_there_are_more() throws Exception {
        open();
        for (int number = 0; number < DependencyOpener.SEATS; number++) {
            claimed(USING + handler("pass"));
        }
        await().until(() -> {
            var instance = claimed(USING + handler("pass"));
            boolean copied = instance.rung().equals("dependencies");
            instance.kill();
            return copied;
        });
    }

    @Test
    void one_that_is_killed_is_noticed_by_nobody() throws Exception {
        open();
        killAll("dependency-zygote");
        var instance = claimed(USING + handler("answer = 'fine'"));

        assertThat(answer(instance)).isEqualTo("fine");
        instance.kill();
    }

    @ParameterizedTest
    @FieldSource("UNFIT_SOURCES")
    void dependencies_that_no_copy_could_use_are_not_held_ready_and_the_decision_says_why(String does)
            throws Exception {
        isNotHeld(does, UNFIT.getOrDefault(does, ""));
    }

    @Test
    @Tag("soak") // for want of seconds: what hangs is waited for
    void dependencies_whose_copies_hang_are_not_held_ready() throws Exception {
        isNotHeld("os.register_at_fork(after_in_child=lambda: time.sleep(999))", "hangs");
    }

    private void isNotHeld(String does, String why) throws Exception {
        Files.writeString(layer.resolve("slow.py"), SLOW + does + "\n");
        claimed(USING + handler("pass")).kill();
        var last = new AtomicReference<ProvidedInstance>();
        await().atMost(Duration.ofSeconds(20)).until(() -> {
            last.set(claimed(USING + handler("answer = 'fine'")));
            boolean decided = last.get().why().contains(why);
            if (!decided) {
                last.get().kill();
            }
            return decided;
        });

        assertThat(last.get().rung()).isEqualTo("zygote");
        assertThat(answer(last.get())).isEqualTo("fine");
        last.get().kill();
        await().until(() -> processes("dependency-zygote") == 0);
        assertThat(claimed(USING + handler("pass")).why()).contains("have no zygote"); // nor is it tried again
    }

    @Test
    void one_that_is_killed_while_it_loads_is_opened_again() throws Exception {
        Files.writeString(layer.resolve("slow.py"), SLOW + "time.sleep(0.3)\n");
        claimed(USING + handler("pass")).kill();
        await().pollInterval(Duration.ofMillis(2)).until(() -> processes("dependency-zygote") > 0);
        killAll("dependency-zygote");

        await().atMost(Duration.ofSeconds(20)).until(() -> {
            var instance = claimed(USING + handler("pass"));
            instance.kill();
            return instance.rung().equals("dependencies");
        });
    }

    private void killAll(String role) {
        provider.processes().stream()
                .filter(process -> process.role().equals(role))
                .forEach(process -> ProcessHandle.of(process.pid()).ifPresent(ProcessHandle::destroyForcibly));
    }

    @Test
    void a_library_that_breaks_in_a_copy_is_started_otherwise_from_then_on() throws Exception {
        Files.writeString(layer.resolve("slow.py"), SLOW + "def use():\n    os.getpid() == loaded_in or os.abort()\n");
        open();
        var using = USING + "slow.use()\n";
        var second = claimed(using + handler("answer = 'fine'"));
        var third = claimed(using + handler("pass"));
        var fourth = claimed(using + handler("pass"));

        assertThat(answer(second)).isEqualTo("fine");
        assertThat(second.rung()).isNotEqualTo("dependencies");
        assertThat(second.why()).contains("killed");
        assertThat(third.rung()).isNotEqualTo("dependencies");
        assertThat(fourth.why()).contains("killed");
        await().until(() -> processes("dependency-zygote") == 0);
    }

    @Test
    void a_variable_that_they_look_up_is_a_reason_to_import_them_again() throws Exception {
        Files.writeString(layer.resolve("slow.py"), SLOW + "home = os.environ.get('HF_HOME')\n");
        open();
        environment.put("HF_HOME", "/tmp/models");
        environment.put("OTHER", "x");
        var with = claimed(USING + handler("answer = str(slow.home)"));
        environment.remove("HF_HOME");
        var without = claimed(USING + handler("answer = os.environ['OTHER']"));

        assertThat(with.why())
                .startsWith("the function sets HF_HOME, which its dependencies look up when they are imported");
        assertThat(answer(with)).isEqualTo("/tmp/models");
        assertThat(without.rung()).isEqualTo("dependencies");
        assertThat(answer(without)).isEqualTo("x");
    }

    @Test
    void who_looks_through_all_variables_may_have_looked_for_any() throws Exception {
        Files.writeString(layer.resolve("slow.py"), SLOW + "home = dict(os.environ)\n");
        open();
        environment.put("TZ", "UTC");
        environment.put("MAYFLY", "1");
        environment.put("MAYFLY_URL", "http://localhost:1");
        var usual = claimed(USING + handler("pass"));
        environment.put("TZ", "CET");
        var own = claimed(USING + handler("pass"));

        assertThat(usual.rung()).isEqualTo("dependencies");
        assertThat(own.why()).startsWith("the function sets TZ, ");
    }

    @Test
    void a_module_of_the_project_is_never_hidden_by_one_that_is_held() throws Exception {
        Files.writeString(layer.resolve("slow.py"), SLOW + "import utils\n");
        Files.writeString(layer.resolve("utils.py"), "whose = 'theirs'\n");
        open();
        Files.writeString(code.resolve("utils.py"), "whose = 'ours'\n");
        var source = "import utils\n" + USING + handler("answer = utils.whose");
        var first = claimed(source);
        await().until(() -> processes("dependency-zygote") == 2 * DependencyOpener.SEATS);
        var second = claimed(source);

        assertThat(answer(first)).isEqualTo("ours");
        assertThat(first.rung()).isEqualTo("zygote");
        assertThat(first.why())
                .startsWith("the project's utils.py has the name of a module that its dependencies import");
        assertThat(second.why()).isEqualTo(first.why());
        assertThat(processes("dependency-zygote")).isEqualTo(2 * DependencyOpener.SEATS);
    }

    @Test
    void what_is_inside_a_package_is_held_too() throws Exception {
        var inside = Files.createDirectories(layer.resolve("space/cloud"));
        Files.writeString(inside.resolve("storage.py"), SLOW);
        var source = "from space.cloud import storage\n" + handler("answer = f'{storage.loaded_in} {os.getpid()}'");
        claimed(source).kill();
        awaitSeats();
        var copy = claimed(source);

        assertThat(copy.rung()).isEqualTo("dependencies");
        assertThat(answer(copy)).isEqualTo("3 4");
    }

    @Test
    void where_memory_is_short_it_goes_and_is_not_opened_again_at_once() throws Exception {
        open();

        assertThat(provider.release(1L << 40)).isPositive();

        assertThat(processes("dependency-zygote")).isZero();
        assertThat(claimed(USING + handler("pass")).rung()).isEqualTo("zygote");
        assertThat(claimed(USING + handler("pass")).rung()).isEqualTo("zygote");
        assertThat(processes("dependency-zygote")).isZero();
        assertThat(processes("zygote")).isPositive();
    }

    /** Where a function stands whose dependencies were loaded in another process. */
    private static String inACopy(String statement) {
        return USING + "import os, time\nif slow.loaded_in != os.getpid(): " + statement + "\n";
    }

    @Test
    void one_copy_that_is_killed_is_no_reason_to_do_without() throws Exception {
        open();
        Files.createFile(code.resolve("die"));
        var source = inACopy("os.path.exists('/var/task/die') and os.kill(os.getpid(), 9)");
        var killed = claimed(source + handler("answer = 'fine'"));
        Files.delete(code.resolve("die"));
        var next = claimed(source + handler("pass"));

        assertThat(killed.rung()).isEqualTo("zygote");
        assertThat(answer(killed)).isEqualTo("fine");
        assertThat(next.rung()).isEqualTo("dependencies");
    }

    @Test
    void a_function_that_cannot_be_loaded_in_a_copy_is_started_otherwise_and_its_log_tells_nothing_twice()
            throws Exception {
        open();
        var reports = new ReportLog();
        var source = inACopy("raise RuntimeError('not in a copy')") + "print('loading')\n" + handler("answer = 'fine'");
        var claim = provider.claim(spec(source), reports);
        var next = claimed(source);

        assertThat(claim).isInstanceOf(Claim.Ready.class);
        assertThat(next.why()).contains("could not load the function");
        assertThat(answer(next)).isEqualTo("fine");
        await().until(() -> reports.texts().contains("loading"));
        assertThat(reports.texts()).noneMatch(text -> text.contains("Traceback"));
    }

    @Test
    void a_function_that_cannot_be_loaded_at_all_does_not_cost_the_others_their_zygote() throws Exception {
        open();
        var reports = new ReportLog();
        var broken = provider.claim(spec(USING + "raise RuntimeError('broken')\n" + handler("pass")), reports);
        var other = claimed(USING + handler("pass"));

        assertThat(broken).isInstanceOf(Claim.Failed.class);
        assertThat(reports.texts().stream().filter(text -> text.contains("RuntimeError: broken")))
                .hasSize(1);
        assertThat(other.rung()).isEqualTo("dependencies");
    }

    @Test
    void a_copy_that_hangs_is_given_up() throws Exception {
        open();
        var hanging = claimed(inACopy("time.sleep(999)") + handler("answer = 'fine'"));

        assertThat(hanging.rung()).isEqualTo("zygote");
        assertThat(hanging.why()).contains("could not load the function");
        assertThat(answer(hanging)).isEqualTo("fine");
        code = readable("other"); // of which nothing is known
        assertThat(claimed(USING + handler("pass")).rung()).isEqualTo("dependencies");
    }

    @Test
    void what_another_function_imports_is_held_as_well() throws Exception {
        Files.writeString(layer.resolve("other.py"), SLOW);
        open();
        var both = USING + "import other\n" + handler("answer = f'{slow.loaded_in} {other.loaded_in} {os.getpid()}'");

        await().until(() -> {
            var instance = claimed(both);
            var processes = answer(instance).split(" ", -1);
            instance.kill();
            return processes[0].equals(processes[1]) && !processes[1].equals(processes[2]);
        });
    }

    @Test
    void functions_that_may_connect_elsewhere_have_their_own() throws Exception {
        open();
        limits = UsualLimits.egress(new Egress.None());
        var other = claimed(USING + handler("pass"));

        assertThat(other.rung()).isEqualTo("zygote");
    }

    @Test
    void variables_that_libraries_read_are_named_as_the_reason() throws Exception {
        open();
        environment.put("OMP_NUM_THREADS", "1");
        var alone = claimed(USING + handler("pass"));

        assertThat(alone.rung()).isEqualTo("zygote");
        assertThat(alone.why()).startsWith("the function sets OMP_NUM_THREADS, read when libraries are loaded");
    }
}
