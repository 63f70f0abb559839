package dev.mayfly.build;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.model.Deployment;
import dev.mayfly.model.Entrypoint;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.Function;
import dev.mayfly.model.FunctionName;
import dev.mayfly.model.Problem;
import dev.mayfly.model.Protocol;
import dev.mayfly.model.Route;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Programs of any language that listen on a port (docs/provided.md). */
class ProgramsTest extends BuildTest {
    private static final String SERVES = "require('http').createServer((q, a) => a.end()).listen(3000)";
    private static final byte[] ELF = {0x7f, 'E', 'L', 'F', 2, 1, 1, 0};

    @Test
    void anExecutableScriptWithTheNameOfAServerTakesEveryPath() throws InterruptedException {
        var built = build(project().program("server.sh", "#!/bin/sh", "exec nc -l $PORT"));

        assertThat(built.reason()).isEqualTo("server mode: ./server.sh is executable and starts with #!/bin/sh");
        assertThat(steps()).containsExactly(built.reason());
        assertThat(built.mode()).isEqualTo("server");
        assertThat(built.routes()).containsExactly(new Route(Route.EVERYTHING, new FunctionName("app")));
        var function = built.functions().getFirst();
        assertThat(function.runtime()).isEqualTo(Function.PROVIDED);
        assertThat(function.dependencies()).isNull();
        assertThat(function.entrypoint()).isEqualTo(Entrypoint.command("server.sh", List.of("./server.sh")));
        assertThat(artifacts.layer(function.code()).orElseThrow().resolve("server.sh"))
                .isExecutable();
    }

    @Test
    void aProgramForLinuxNeedsNoExtension() throws InterruptedException {
        for (String name : List.of("server", "app", "main", "bootstrap")) {
            assertThat(build(project().program(name, ELF)).reason())
                    .isEqualTo("server mode: ./" + name + " is executable, a program for Linux");
        }
    }

    @Test
    void whatCannotRunItselfIsRunWithItsInterpreter() throws InterruptedException {
        assertThat(commandOf(project().file("server.js", "require('./lib')").file("lib.js", SERVES)))
                .containsExactly("node", "server.js");
        assertThat(commandOf(project().file("server.mjs", "x").file("package.json", "{}")))
                .containsExactly("node", "server.mjs");
        assertThat(commandOf(project().file("server.rb", "x").file("a", ""))).containsExactly("ruby", "server.rb");
        assertThat(commandOf(project().file("app.pl", "x").file("a", ""))).containsExactly("perl", "app.pl");
        assertThat(commandOf(project().file("server.sh", "x").file("a", ""))).containsExactly("sh", "server.sh");
        assertThat(build(project().file("server.js", SERVES).file("a", "")).reason())
                .isEqualTo("server mode: server.js is run with node");
    }

    @Test
    void aScriptThatAPageMightLoadIsAServerOnlyIfItListens() throws InterruptedException {
        assertThat(commandOf(project().file("index.js", SERVES).file("package.json", "{}")))
                .containsExactly("node", "index.js");
        assertThat(build(project().file("app.js", "alert('hi')").file("style.css", ""))
                        .mode())
                .isEqualTo("static");
        assertThat(build(project().file("app.js", SERVES).file("index.html", ""))
                        .mode())
                .isEqualTo("static");
        assertThat(build(project().file("main.js", SERVES).file("public/a.html", ""))
                        .mode())
                .isEqualTo("static");
        assertThat(build(project().file("server.js", "x").file("index.html", ""))
                        .mode())
                .isEqualTo("server");
        assertThat(build(project().file("server.config.js", "x").file("index.html", ""))
                        .mode())
                .isEqualTo("static");
    }

    @Test
    void theUsualNamesAreTriedInOrder() throws InterruptedException {
        assertThat(commandOf(
                        project().program("app", ELF).file("server.js", "x").program("main.sh", "#!/bin/sh")))
                .containsExactly("node", "server.js");
        assertThat(commandOf(project().program("main.sh", "#!/bin/sh").program("app", ELF)))
                .containsExactly("./app");
    }

    @Test
    void aSingleFileMayHaveAnyName() throws InterruptedException {
        assertThat(commandOf(project().file("lesson1.js", SERVES))).containsExactly("node", "lesson1.js");
        assertThat(commandOf(project().file("lesson1.pl", "x"))).containsExactly("perl", "lesson1.pl");
        assertThat(commandOf(project().program("lesson1", "#!/usr/bin/awk -f"))).containsExactly("./lesson1");
        assertThat(build(project().file("page.js", "alert('hi')")).mode()).isEqualTo("static");
    }

    @Test
    void theWebLineOfAProcfileIsRunByAShell() throws InterruptedException {
        var built = build(project()
                .file("Procfile", "worker: ./work", "web:  bin/serve --port $PORT  ", "web: second")
                .program("server", ELF));

        assertThat(built.reason()).isEqualTo("server mode: Procfile names bin/serve --port $PORT");
        assertThat(built.functions().getFirst().entrypoint().command())
                .containsExactly("/bin/sh", "-c", "bin/serve --port $PORT");
        assertThat(commandOf(project().file("Procfile", "worker: x").program("server", ELF)))
                .containsExactly("./server");
    }

    @Test
    void pythonIsUnderstoodAsPythonWhateverLiesBesideIt() throws InterruptedException {
        var beside = project()
                .file("app.py", "app = object()")
                .file("Procfile", "web: gunicorn app:app")
                .program("server", ELF)
                .file("server.js", SERVES);

        assertThat(build(beside).mode()).isEqualTo("app");
        assertThat(build(project().file("api/a.py", "app = object()").file("server.js", SERVES))
                        .mode())
                .isEqualTo("functions");
        assertThat(problem(project()
                                .file("tool.py", "x = 1")
                                .file("Procfile", "web: gunicorn tool:x")
                                .file("requirements.txt", ""))
                        .message())
                .startsWith("nothing deployable here");
        assertThat(commandOf(project().file("tool.py", "x = 1").file("Procfile", "web: python3 tool.py")))
                .containsExactly("/bin/sh", "-c", "python3 tool.py");
        assertThat(problem(project().program("server.py", "#!/usr/bin/python3", "x = 1"))
                        .message())
                .startsWith("nothing deployable here");
    }

    @Test
    void aProgramThatCannotRunIsToldSo() {
        assertProblem(project().file("server", "#!/bin/sh"), "server is not executable", "chmod +x server");
        assertProblem(project().file("main", ELF).file("a", ""), "main is not executable", "chmod +x main");
        assertProblem(
                project().program("server", "#!/bin/sh\r").file("a", ""),
                "server has the line ends of Windows, so that its #! line names no program",
                "sed -i 's/\\r$//' server");
        assertProblem(
                project().program("server", "echo hi").file("a", ""),
                "server is executable and neither starts with #! nor is a program for Linux",
                "write #!/bin/sh or another interpreter into its first line");
        assertProblem(
                project().program("app", new byte[] {(byte) 0xcf, (byte) 0xfa, (byte) 0xed, (byte) 0xfe}),
                "app is a program for macOS",
                "build it for Linux");
        assertProblem(
                project().program("main", "MZ").file("a", ""), "main is a program for Windows", "build it for Linux");
    }

    @Test
    void theSettingsNameACommand() throws InterruptedException {
        var built = build(project()
                .file(
                        "mayfly.yaml",
                        "functions:",
                        "  web:",
                        "    command: [bin/serve, --port, 8080, a b]",
                        "    memory: 64MiB")
                .file("app.py", "app = object()")
                .program("bin/serve", ELF));

        assertThat(built.reason()).isEqualTo("server mode: the settings name bin/serve --port 8080 a b");
        var function = built.functions().getFirst();
        assertThat(function.name()).isEqualTo(new FunctionName("web"));
        assertThat(function.entrypoint().command()).containsExactly("bin/serve", "--port", "8080", "a b");
        assertThat(function.limits().memory()).isEqualTo(64L << 20);
        assertThat(commandOf(project().file("mayfly.yaml", "functions: {app: {command: node x.js}}")))
                .containsExactly("/bin/sh", "-c", "node x.js");
        assertThat(commandOf(project().file("a", "").set("command", "node x.js")))
                .containsExactly("/bin/sh", "-c", "node x.js");
    }

    @Test
    void aCommandThatCannotBeIsToldWithItsLine() {
        assertSetting(
                "command: []",
                "mayfly.yaml:2: command: (expected: a command such as ./server, or a list such as"
                        + " [node, server.js])",
                "name the program");
        assertSetting(
                "command: [{a: b}]", "mayfly.yaml:2: command: (expected: one value)", "write a value after command:");
        assertSetting("command: [./gone]", "mayfly.yaml:2: command: ./gone is not in the project", "correct the path");
        assertSetting("command: [./mayfly.yaml]", "mayfly.yaml is not executable", "chmod +x mayfly.yaml");
        assertProblem(
                project().file("mayfly.yaml", "functions:", "  '*': {command: x}"),
                "mayfly.yaml:2: *: a pattern with a command (expected: the name of one function)",
                "name it, as in app:");
        assertProblem(
                project().file("mayfly.yaml", "functions:", "  a: {command: x}", "  b: {command: y}"),
                "mayfly.yaml:3: a command for b beside the one for a (expected: one, which serves the whole project)",
                "deploy them as two projects");
        assertProblem(
                project().file("mayfly.yaml", "functions:", "  a: {command: x}", "build: {mode: app}"),
                "mayfly.yaml:2: command is set, and build.mode is app (expected: server)",
                "remove one of the two");
    }

    @Test
    void whatAProgramSpeaksIsSet() throws InterruptedException {
        assertThat(protocolOf(project().program("server", ELF))).isEqualTo(Protocol.HTTP1);
        assertThat(protocolOf(
                        project().program("server", ELF).file("mayfly.yaml", "functions: {app: {protocol: h2c}}")))
                .isEqualTo(Protocol.H2C);
        assertThat(protocolOf(project().program("server", ELF).set("protocol", "h2c")))
                .isEqualTo(Protocol.H2C);
        assertThat(protocolOf(project()
                        .program("server", ELF)
                        .file("mayfly.yaml", "functions: {app: {protocol: h2c}}")
                        .set("protocol", "http1")))
                .isEqualTo(Protocol.HTTP1);
    }

    @Test
    void aPythonFunctionSpeaksHttp1() {
        assertProblem(
                project()
                        .file("app.py", "def app(environ, start_response): return []")
                        .file("mayfly.yaml", "functions:", "  app: {protocol: h2c}"),
                "mayfly.yaml:2: protocol: h2c for app (expected: http1, which Python functions are called with)",
                "remove it, or name the program that listens on $PORT with command");
    }

    private Protocol protocolOf(Project project) throws InterruptedException {
        return build(project).functions().getFirst().protocol();
    }

    @Test
    void theModeCanBeTold() throws InterruptedException {
        assertThat(commandOf(project()
                        .file("app.py", "app = object()")
                        .file("server.js", "x")
                        .set("mode", "server")))
                .containsExactly("node", "server.js");
        assertThat(problem(project().file("index.html", "").set("mode", "server"))
                        .message())
                .startsWith("nothing deployable here");
    }

    @Test
    void aProgramSeesItsPagesAndPackages() throws InterruptedException {
        var built = build(project()
                .file("server.js", "x")
                .file("public/a.html", "")
                .file("vendor/node_modules/m/index.js", "")
                .file(".git/config", ""));

        var code = artifacts.layer(built.functions().getFirst().code()).orElseThrow();
        assertThat(code.resolve("public/a.html")).exists();
        assertThat(code.resolve("vendor/node_modules/m/index.js")).exists();
        assertThat(code.resolve(".git")).doesNotExist();
        assertThat(built.staticFiles()).hasSize(1);
    }

    @Test
    void theExamplesAreUnderstood() throws InterruptedException, IOException {
        var examples = Path.of("../../examples");

        assertThat(build(project().folder(examples.resolve("provided-shell"))).reason())
                .isEqualTo("server mode: ./server.sh is executable and starts with #!/bin/sh");
        assertThat(build(project().folder(examples.resolve("node-server"))).reason())
                .isEqualTo("server mode: server.js is run with node");
    }

    @Test
    void packagesOfNodeThatStayedBehindAreMentioned() throws InterruptedException {
        var built = build(
                project().file("server.js", "x").file("package.json", "{}").skipped("node_modules"));

        assertThat(built.warnings())
                .containsExactly(
                        "node_modules was not sent, and nothing is installed for a program: bundle its packages into it");
    }

    private void assertSetting(String setting, String message, String fix) {
        assertProblem(project().file("mayfly.yaml", "functions:", "  app: {" + setting + "}"), message, fix);
    }

    private void assertProblem(Project project, String message, String fix) {
        assertThat(problem(project)).isEqualTo(new Problem(ErrorCode.BUILD_FAILED, message, fix));
    }

    private List<String> commandOf(Project project) throws InterruptedException {
        Deployment built = build(project);
        assertThat(built.mode()).isEqualTo("server");
        return built.functions().getFirst().entrypoint().command();
    }
}
