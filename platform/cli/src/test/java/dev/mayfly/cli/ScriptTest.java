package dev.mayfly.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The {@code mayfly} script on machines that lack what people's machines lack. */
class ScriptTest {
    @TempDir
    private Path temporary = Path.of("");

    @SuppressWarnings("NullAway.Init")
    private Checkout checkout;

    @BeforeEach
    void open() throws IOException, InterruptedException {
        checkout = new Checkout(temporary);
    }

    @AfterEach
    void close() {
        checkout.close();
    }

    private Path fetched() {
        return checkout.home().resolve("jdk/temurin-25.0.2_10");
    }

    private List<Path> below(Path folder) throws IOException {
        try (var files = Files.list(folder)) {
            return files.filter(file -> !file.endsWith(".lock")).toList();
        }
    }

    @Test
    void without_any_java_a_jdk_is_fetched_and_the_command_runs() throws Exception {
        var outcome = checkout.tool("curl").run("mayfly", "version", "a b");
        assertThat(outcome.err())
                .contains(
                        "no JDK 25 or newer was found; fetching one (140 MB, once) into " + checkout.home() + "/jdk\n")
                .contains(
                        "building Mayfly, this once (JDK: " + fetched() + ")\n  [1/2] server\n  [2/2] cli\nbuilt in ");
        assertThat(outcome.out()).startsWith(fetched() + "/bin/java ").endsWith(" dev.mayfly.cli.Main version a b\n");
        assertThat(outcome.code()).isZero();
    }

    @Test
    void python_alone_can_fetch() throws Exception {
        assertThat(checkout.tool("python3").run("bin/fetch-jdk").code()).isZero();
        assertThat(fetched().resolve("bin/java")).isExecutable();
    }

    @Test
    void wget_alone_can_fetch() throws Exception {
        assertThat(checkout.tool("wget").run("bin/fetch-jdk").code()).isZero();
        assertThat(fetched().resolve("bin/java")).isExecutable();
    }

    @Test
    void a_wrong_checksum_installs_nothing() throws Exception {
        var outcome =
                checkout.tool("curl").with("MAYFLY_JDK_SHA256", "0".repeat(64)).run("mayfly", "version");
        assertThat(outcome.code()).isEqualTo(1);
        assertThat(outcome.err())
                .contains("(expected: " + "0".repeat(64) + "); nothing was installed")
                .endsWith(
                        "  fix: install a JDK 25 and set JAVA_HOME to it, or set MAYFLY_JDK_URL to an address that works\n");
        assertThat(below(checkout.home().resolve("jdk"))).isEmpty();
        assertThat(checkout.timesBuilt()).isZero();
    }

    @Test
    void the_pinned_checksum_holds_for_any_address() throws Exception {
        checkout.tool("curl").with("MAYFLY_JDK_SHA256", "");
        assertThat(checkout.run("bin/fetch-jdk").code()).isEqualTo(1);
        assertThat(below(checkout.home().resolve("jdk"))).isEmpty();
    }

    @Test
    void an_interrupted_download_leaves_nothing() throws Exception {
        var process = checkout.tool("curl")
                .with("MAYFLY_JDK_URL", checkout.address("stalls.tar.gz"))
                .start("bin/fetch-jdk");
        checkout.stalled().await();
        new ProcessBuilder("sh", "-c", "kill -TERM -" + process.pid()).start().waitFor();
        assertThat(Checkout.outcome(process).code()).isNotZero();
        org.awaitility.Awaitility.await()
                .until(() -> below(checkout.home().resolve("jdk")).isEmpty());
    }

    @Test
    void an_older_java_on_the_path_is_passed_over() throws Exception {
        var old = Checkout.jdk(temporary.resolve("old"), "17.0.9");
        var good = Checkout.jdk(temporary.resolve("jvm/some-jdk"), "25.0.1");
        checkout.with("PATH", old.resolve("bin") + ":" + temporary.resolve("tools"))
                .with("JAVA_HOME", old.toString())
                .with("MAYFLY_JDK_PLACES", temporary.resolve("jvm") + "/*");
        assertThat(checkout.run("mayfly", "ls").out()).startsWith(good + "/bin/java ");
        assertThat(checkout.home()).doesNotExist();
    }

    @Test
    void a_jre_is_no_jdk() throws Exception {
        var jre = Checkout.jdk(temporary.resolve("jvm/jre"), "26");
        Files.delete(jre.resolve("bin/javac"));
        checkout.with("MAYFLY_JDK_PLACES", temporary.resolve("jvm") + "/*");
        assertThat(checkout.run("bin/find-jdk").code()).isEqualTo(1);
    }

    private void someJdk() throws IOException {
        Checkout.jdk(temporary.resolve("jvm/some-jdk"), "25.0.1");
        checkout.with("MAYFLY_JDK_PLACES", temporary.resolve("jvm") + "/*");
    }

    @Test
    void a_second_start_builds_nothing() throws Exception {
        someJdk();
        checkout.run("mayfly", "ls");
        var second = checkout.run("mayfly", "ls");
        assertThat(second.err()).isEmpty();
        assertThat(checkout.timesBuilt()).isEqualTo(1);
    }

    private void withoutLauncher(String reason) throws Exception {
        someJdk();
        checkout.builds("""
                mkdir -p "$here/launcher/target"
                printf '%%s\\n' '%s' 'apt install gcc libc6-dev' >"$here/launcher/target/mayfly-launcher.missing"
                for module in server cli; do
                  mkdir -p "$here/platform/$module/target/lib"
                  : >"$here/platform/$module/target/$module-1.jar"
                  : >"$here/platform/$module/target/lib/dependency.jar"
                done
                """.formatted(reason));
        assertThat(checkout.run("mayfly", "ls").err()).contains("note: functions will be plain processes: " + reason);
    }

    @Test
    void a_static_library_of_c_that_came_since_is_built_with() throws Exception {
        checkout.compiler(false);
        withoutLauncher("the C compiler made no static program when Mayfly was built");
        checkout.run("mayfly", "ls");
        assertThat(checkout.timesBuilt()).isEqualTo(1);
        checkout.compiler(true);
        checkout.run("mayfly", "ls");
        assertThat(checkout.timesBuilt()).isEqualTo(2);
    }

    @Test
    void a_c_compiler_that_came_since_is_built_with_unless_it_cannot_link_either() throws Exception {
        withoutLauncher("no C compiler when Mayfly was built");
        checkout.compiler(false);
        checkout.run("mayfly", "ls");
        assertThat(checkout.timesBuilt()).isEqualTo(1);
        checkout.compiler(true);
        checkout.run("mayfly", "ls");
        assertThat(checkout.timesBuilt()).isEqualTo(2);
    }

    @Test
    void a_launcher_that_did_not_compile_waits_for_another_source() throws Exception {
        checkout.compiler(true);
        withoutLauncher("the launcher did not compile when Mayfly was built");
        checkout.run("mayfly", "ls");
        assertThat(checkout.timesBuilt()).isEqualTo(1);
    }

    @Test
    void a_changed_source_is_built_into_a_folder_of_its_own() throws Exception {
        someJdk();
        checkout.run("mayfly", "ls");
        var current = checkout.root().resolve("target/run/current");
        var first = current.toRealPath();
        var source = checkout.root().resolve("platform/server/src/main/Some.java");
        Files.setLastModifiedTime(source, FileTime.from(Instant.now().plusSeconds(1)));
        checkout.run("mayfly", "ls");
        assertThat(checkout.timesBuilt()).isEqualTo(2);
        assertThat(current.toRealPath()).isNotEqualTo(first);
        assertThat(first).doesNotExist();
    }

    @Test
    void two_first_uses_at_a_time_build_once() throws Exception {
        someJdk();
        var one = checkout.start("mayfly", "ls");
        var two = checkout.start("mayfly", "ls");
        assertThat(Checkout.outcome(one).code()).isZero();
        assertThat(Checkout.outcome(two).code()).isZero();
        assertThat(checkout.timesBuilt()).isEqualTo(1);
    }

    @Test
    void a_failed_build_shows_its_errors_and_names_its_log() throws Exception {
        someJdk();
        checkout.builds("echo '[ERROR] Some.java:[1,1] no'\nexit 1\n");
        var outcome = checkout.run("mayfly", "ls");
        assertThat(outcome.code()).isEqualTo(1);
        assertThat(outcome.out()).isEmpty();
        assertThat(outcome.err()).endsWith("""
                [ERROR] Some.java:[1,1] no
                error: the build failed; all it said is in %s/target/build.log
                  fix: ./mvnw -Dquick -pl platform/server,platform/cli -am package
                """.formatted(checkout.root()));
        assertThat(checkout.root().resolve("target/build.log")).content().isEqualTo("[ERROR] Some.java:[1,1] no\n");
    }

    @Test
    void an_interrupted_build_is_taken_up_and_half_written_classes_are_not_trusted() throws Exception {
        someJdk();
        var half = checkout.root().resolve("platform/server/target/classes");
        checkout.builds("mkdir -p \"$here/platform/server/target/classes\"\n: >\"$here/started\"\nexec sleep 600\n");
        var process = checkout.start("mayfly", "ls");
        org.awaitility.Awaitility.await()
                .until(() -> Files.exists(checkout.root().resolve("started")));
        new ProcessBuilder("sh", "-c", "kill -TERM -" + process.pid()).start().waitFor();
        assertThat(Checkout.outcome(process).code()).isNotZero();
        assertThat(half).exists();
        checkout.builds("""
                [ ! -e "$here/platform/server/target/classes" ] || exit 1
                for module in server cli; do
                  mkdir -p "$here/platform/$module/target/lib"
                  : >"$here/platform/$module/target/$module-1.jar"
                  : >"$here/platform/$module/target/lib/dependency.jar"
                done
                """);
        assertThat(checkout.run("mayfly", "ls").code()).isZero();
    }

    @Test
    void a_build_without_aot_caches_asks_for_them_unless_that_is_switched_off() throws Exception {
        someJdk();
        Checkout.executable(temporary.resolve("jvm/some-jdk/bin/java"), "#!/bin/sh\necho \"${MAYFLY_TRAIN:-none}\"\n");
        assertThat(checkout.run("mayfly", "ls").out()).isEqualTo(checkout.root() + "/bin/train\n");
        checkout.with("MAYFLY_AOT", "off");
        assertThat(checkout.run("mayfly", "ls").out()).isEqualTo("none\n");
    }

    @Test
    void server_runs_the_server_itself() throws Exception {
        someJdk();
        var outcome = checkout.run("mayfly", "server", "--port", "7071");
        assertThat(outcome.out()).contains("/server/server-1.jar ").endsWith(" dev.mayfly.server.Main --port 7071\n");
    }

    @Test
    void a_link_to_the_script_works() throws Exception {
        someJdk();
        Files.createSymbolicLink(
                checkout.root().resolve("bin/linked"), checkout.root().resolve("mayfly"));
        assertThat(checkout.run("bin/linked", "ls").out()).endsWith(" dev.mayfly.cli.Main ls\n");
    }
}
