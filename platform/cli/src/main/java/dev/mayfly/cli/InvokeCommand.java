package dev.mayfly.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;

final class InvokeCommand implements Command {
    @Override
    public Syntax syntax() {
        return Syntax.of(
                        this,
                        "invoke",
                        "Calls a project: the body goes to standard output, the receipt to standard error.")
                .word("PROJECT", true, "The project.")
                .word("PATH", false, "Path and query (default: /).")
                .option("METHOD", "Default: GET, or POST with --data.", "-X", "--method")
                .option("DATA|@FILE|-", "The body: text, a file, or standard input.", "-d", "--data")
                .options("NAME: VALUE", "A header; may be given several times.", "-H", "--header")
                .option("ID", "This deployment instead of production.", "--deployment")
                .flag("Print status and headers before the body.", "-i", "--include")
                .footer("", "Exits with 1 when the answer is 500 or above.");
    }

    @Override
    public int run(Mayfly mayfly, Typed typed) {
        var api = mayfly.api();
        var name = typed.word(0);
        var data = typed.given("--data");
        var verb = typed.given("--method").orElse(data.isPresent() ? "POST" : "GET");
        var path = typed.word(1);
        var target = path.startsWith("/") ? path : "/" + path;
        var answer = new Invocation(api, name, verb, target)
                .send(typed.texts("--header"), body(mayfly, data.orElse("")), typed.given("--deployment"));
        if (typed.flag("--include")) {
            mayfly.screen().data("HTTP " + answer.status());
            answer.headers().forEach((header, values) -> {
                if (header != null) {
                    values.forEach(value -> mayfly.screen().data(header + ": " + value));
                }
            });
            mayfly.screen().data("");
        }
        copy(mayfly, name, answer);
        var receipt = Receipt.of(api, name, answer.invocation());
        if (!mayfly.json()) {
            var told = receipt.map(cost -> " · " + cost.line()).orElse("");
            mayfly.screen().say(mayfly.screen().errPaint().dim(answer.status() + told));
        } else if (receipt.isPresent()) {
            mayfly.screen().say(Json.write(receipt.get().record()));
        }
        return answer.status() >= 500 ? 1 : 0;
    }

    private static void copy(Mayfly mayfly, String name, Invocation.Answer answer) {
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

    private static byte[] body(Mayfly mayfly, String text) {
        try {
            if (text.equals("-")) {
                return mayfly.surroundings().in().readAllBytes();
            }
            if (text.startsWith("@")) {
                var file = mayfly.surroundings().directory().resolve(text.substring(1));
                if (!Files.isReadable(file) || Files.isDirectory(file)) {
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
