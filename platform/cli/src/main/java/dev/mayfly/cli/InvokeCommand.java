package dev.mayfly.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "invoke",
        description = "Calls a project: the body goes to standard output, the receipt to standard error.",
        footer = {"", "Exits with 1 when the answer is 500 or above."})
final class InvokeCommand implements Callable<Integer> {
    private final Mayfly mayfly;

    @Parameters(index = "0", paramLabel = "PROJECT", description = "The project.")
    private String name = "";

    @Parameters(index = "1", arity = "0..1", paramLabel = "PATH", description = "Path and query (default: /).")
    private String path = "/";

    @Option(
            names = {"-X", "--method"},
            paramLabel = "METHOD",
            description = "Default: GET, or POST with --data.")
    private String method = "";

    @Option(
            names = {"-d", "--data"},
            paramLabel = "DATA|@FILE|-",
            description = "The body: text, a file, or standard input.")
    private Optional<String> data = Optional.empty();

    @Option(
            names = {"-H", "--header"},
            paramLabel = "NAME: VALUE",
            description = "A header; may be given several times.")
    private List<String> headers = new ArrayList<>();

    @Option(names = "--deployment", paramLabel = "ID", description = "This deployment instead of production.")
    private Optional<String> deployment = Optional.empty();

    @Option(
            names = {"-i", "--include"},
            description = "Print status and headers before the body.")
    private boolean include;

    InvokeCommand(Mayfly mayfly) {
        this.mayfly = mayfly;
    }

    @Override
    public Integer call() {
        var api = mayfly.api();
        var verb = method.isEmpty() ? (data.isPresent() ? "POST" : "GET") : method;
        var target = path.startsWith("/") ? path : "/" + path;
        var answer = new Invocation(api, name, verb, target).send(headers, body(), deployment);
        if (include) {
            mayfly.screen().data("HTTP " + answer.status());
            answer.headers().forEach((header, values) -> {
                if (header != null) {
                    values.forEach(value -> mayfly.screen().data(header + ": " + value));
                }
            });
            mayfly.screen().data("");
        }
        copy(answer);
        Receipt.of(api, name, answer.invocation()).ifPresent(receipt -> {
            var told = mayfly.json() ? Json.write(receipt.record()) : receipt.line();
            mayfly.screen().say(mayfly.screen().errPaint().dim(answer.status() + " · " + told));
        });
        return answer.status() >= 500 ? 1 : 0;
    }

    private void copy(Invocation.Answer answer) {
        var buffer = new byte[16 * 1024];
        boolean endsWithNewline = true;
        try (var body = answer.body()) {
            for (int read = body.read(buffer); read >= 0; read = body.read(buffer)) {
                mayfly.screen().data(buffer, read);
                endsWithNewline = read == 0 ? endsWithNewline : buffer[read - 1] == '\n';
            }
        } catch (IOException e) {
            throw new Failure(
                    "the function's answer broke off: " + e.getMessage(),
                    "mayfly logs " + name + " --request " + answer.invocation());
        }
        if (!endsWithNewline && mayfly.surroundings().outTerminal()) {
            mayfly.screen().data("");
        }
    }

    private byte[] body() {
        var text = data.orElse("");
        try {
            if (text.equals("-")) {
                return mayfly.surroundings().in().readAllBytes();
            }
            if (text.startsWith("@")) {
                var file = mayfly.surroundings().directory().resolve(text.substring(1));
                if (!Files.isReadable(file)) {
                    throw new Failure("cannot read " + text.substring(1), "--data @FILE, with a file that exists");
                }
                return Files.readAllBytes(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
