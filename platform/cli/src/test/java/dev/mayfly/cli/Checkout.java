package dev.mayfly.cli;

import com.sun.net.httpserver.HttpServer;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;

/**
 * A fresh checkout on a machine that a test makes up: the real scripts, a build that takes no time, a JDK that only says what it was asked,
 * and a PATH with nothing but what is linked into it.
 */
final class Checkout implements AutoCloseable {
    private static final List<String> TOOLS = List.of(
            "sh",
            "cat",
            "chmod",
            "cp",
            "cut",
            "date",
            "dirname",
            "env",
            "find",
            "flock",
            "grep",
            "gzip",
            "head",
            "ln",
            "mkdir",
            "mktemp",
            "mv",
            "readlink",
            "rm",
            "sed",
            "sha256sum",
            "sleep",
            "tar",
            "touch",
            "uname");

    /** What a script did. */
    record Outcome(int code, String out, String err) {}

    private final Path root;
    private final Path tools;
    private final HttpServer files;
    private final CountDownLatch stalled = new CountDownLatch(1);
    private final Map<String, String> environment = new TreeMap<>();

    Checkout(Path temporary) throws IOException, InterruptedException {
        root = Files.createDirectories(temporary.resolve("check out"));
        tools = Files.createDirectories(temporary.resolve("tools"));
        TOOLS.forEach(this::tool);
        copyScripts();
        files = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        var archive = jdkArchive(temporary, "25.0.2");
        files.createContext("/jdk.tar.gz", exchange -> {
            try (exchange) {
                exchange.sendResponseHeaders(200, Files.size(archive));
                Files.copy(archive, exchange.getResponseBody());
            }
        });
        files.createContext("/stalls.tar.gz", exchange -> {
            exchange.sendResponseHeaders(200, 1_000_000);
            exchange.getResponseBody().write(new byte[1000]);
            exchange.getResponseBody().flush();
            stalled.countDown();
        });
        files.start();
        environment.put("PATH", tools.toString());
        environment.put("HOME", temporary.resolve("user").toString());
        environment.put("MAYFLY_JDK_PLACES", "");
        environment.put(
                "MAYFLY_JDK_URL", "http://127.0.0.1:" + files.getAddress().getPort() + "/jdk.tar.gz");
        environment.put(
                "MAYFLY_JDK_SHA256",
                dev.mayfly.model.Digest.of(Files.readAllBytes(archive)).hex());
    }

    /** Everything a person would have: the scripts of this repository, and one source a module. */
    private void copyScripts() throws IOException {
        var repository = Path.of("../..").toAbsolutePath().normalize();
        Files.createDirectories(root.resolve("bin"));
        Files.copy(repository.resolve("mayfly"), root.resolve("mayfly"));
        try (var scripts = Files.list(repository.resolve("bin"))) {
            for (var script : scripts.toList()) {
                Files.copy(script, root.resolve("bin").resolve(script.getFileName()));
            }
        }
        for (var module : List.of("platform/cli", "platform/server", "workers/python")) {
            var sources = Files.createDirectories(root.resolve(module).resolve("src/main"));
            Files.writeString(sources.resolve("Some.java"), "");
            Files.writeString(root.resolve(module).resolve("pom.xml"), "");
        }
        Files.createDirectories(root.resolve("launcher"));
        Files.writeString(root.resolve("launcher/main.c"), "");
        Files.copy(repository.resolve("launcher/build"), root.resolve("launcher/build"));
        Files.writeString(root.resolve("pom.xml"), "");
        builds("""
                echo "[INFO] Building server 0.1.0-SNAPSHOT [1/2]"
                echo "[INFO] Building cli 0.1.0-SNAPSHOT [2/2]"
                for module in server cli; do
                  mkdir -p "$here/platform/$module/target/lib"
                  : >"$here/platform/$module/target/$module-1.jar"
                  : >"$here/platform/$module/target/lib/dependency.jar"
                done
                """);
    }

    /** Puts a C compiler on the PATH that only says whether it can. */
    void compiler(boolean able) throws IOException {
        executable(tools.resolve("cc"), "#!/bin/sh\nexit " + (able ? 0 : 1) + "\n");
    }

    /** What {@code mvnw} does from now on, after it noted that it was called. */
    void builds(String script) throws IOException {
        executable(root.resolve("mvnw"), """
                #!/bin/sh
                here=${0%%/*}
                echo built >>"$here/calls"
                %s""".formatted(script).replace("%%", "%"));
    }

    int timesBuilt() throws IOException {
        var calls = root.resolve("calls");
        return Files.exists(calls) ? Files.readAllLines(calls).size() : 0;
    }

    Path root() {
        return root;
    }

    Path home() {
        return Path.of(environment.getOrDefault("HOME", "")).resolve(".mayfly");
    }

    CountDownLatch stalled() {
        return stalled;
    }

    String address(String name) {
        return "http://127.0.0.1:" + files.getAddress().getPort() + "/" + name;
    }

    Checkout with(String name, String value) {
        environment.put(name, value);
        return this;
    }

    /** Puts a program of this machine on the PATH, by a script: the clean-up of temporary folders warns about links. */
    Checkout tool(String name) {
        for (var folder : List.of("/usr/bin", "/bin", "/usr/local/bin")) {
            var program = Path.of(folder, name);
            if (Files.isExecutable(program)) {
                try {
                    executable(tools.resolve(name), "#!/bin/sh\nexec " + program + " \"$@\"\n");
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
                return this;
            }
        }
        throw new IllegalStateException(name + " is not installed here (expected: in /usr/bin)");
    }

    /** Makes a JDK below {@code folder}. */
    static Path jdk(Path folder, String version) throws IOException {
        var bin = Files.createDirectories(folder.resolve("bin"));
        Files.writeString(folder.resolve("release"), "JAVA_VERSION=\"" + version + "\"\n");
        executable(bin.resolve("javac"), "#!/bin/sh\n");
        executable(bin.resolve("java"), "#!/bin/sh\necho \"$0 $*\"\n");
        return folder;
    }

    private static Path jdkArchive(Path temporary, String version) throws IOException, InterruptedException {
        var folder = jdk(temporary.resolve("archive").resolve("jdk-" + version), version);
        var archive = temporary.resolve("jdk.tar.gz");
        var tar = new ProcessBuilder(
                        "tar",
                        "-czf",
                        archive.toString(),
                        "-C",
                        temporary.resolve("archive").toString(),
                        "jdk-" + version)
                .inheritIO()
                .start();
        if (tar.waitFor() != 0) {
            throw new IllegalStateException("tar failed for " + folder);
        }
        return archive;
    }

    static void executable(Path file, String content) throws IOException {
        Files.writeString(file, content);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /** Starts a script in a process group of its own. */
    Process start(String script, String... arguments) throws IOException {
        var command = new java.util.ArrayList<>(
                List.of("/usr/bin/setsid", root.resolve(script).toString()));
        command.addAll(List.of(arguments));
        var builder = new ProcessBuilder(command).redirectInput(new File("/dev/null"));
        builder.environment().clear();
        builder.environment().putAll(environment);
        return builder.start();
    }

    Outcome run(String script, String... arguments) throws IOException, InterruptedException {
        return outcome(start(script, arguments));
    }

    static Outcome outcome(Process process) throws IOException, InterruptedException {
        var out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        var err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Outcome(process.waitFor(), out, err);
    }

    @Override
    public void close() {
        files.stop(0);
    }
}
