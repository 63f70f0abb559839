package dev.mayfly.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * The functions that {@code mayfly prove} deploys, and what makes the same attempts outside; they travel in the program itself.
 *
 * @param files the content of each
 */
record BundledProject(UnaryOperator<String> files) {
    private static final List<String> FILES = List.of(
            "mayfly.yaml",
            "api/_answer.py",
            "api/_attempts.py",
            "api/_burn.py",
            "api/attempt.py",
            "api/bomb.py",
            "api/burn.py",
            "api/counted.py",
            "api/fifth.py",
            "api/fill.py",
            "api/flood.py",
            "api/hello.py",
            "api/hurried.py",
            "api/memory.py",
            "api/sleep.py");
    private static final List<String> NEIGHBOUR = List.of("api/secret.py");
    private static final List<String> OUTSIDE = List.of("outside/witness.py", "outside/stopwatch.py");

    /** How many functions there are that are called once. */
    static final int COLD_FUNCTIONS = 20;

    /** Those that came with this program. */
    static BundledProject own() {
        return new BundledProject(BundledProject::resource);
    }

    /** Writes it to {@code folder/prove}, the neighbour to {@code folder/neighbour}, what is called once to {@code folder/cold}, and what runs outside to {@code folder/outside}. */
    void unpack(Path folder, String secret) throws IOException {
        for (var file : FILES) {
            copy(file, folder.resolve("prove").resolve(file));
        }
        for (var file : NEIGHBOUR) {
            copy("neighbour/" + file, folder.resolve("neighbour").resolve(file));
        }
        Files.writeString(folder.resolve("neighbour/mayfly.yaml"), "env:\n  SECRET: " + secret + "\n");
        copy("cold/mayfly.yaml", folder.resolve("cold/mayfly.yaml"));
        for (int i = 1; i <= COLD_FUNCTIONS; i++) {
            var text = files.apply("cold/api/first.py").replace("NUMBER = 0", "NUMBER = " + i);
            write(text, folder.resolve("cold/" + coldFunction(i) + ".py"));
        }
        for (var file : OUTSIDE) {
            copy(file, folder.resolve(file));
        }
    }

    /** The name of one of those that are called once, from 1 on; it answers its number. */
    static String coldFunction(int number) {
        return "api/first%02d".formatted(number);
    }

    private void copy(String name, Path target) throws IOException {
        write(files.apply(name), target);
    }

    private static void write(String text, Path target) throws IOException {
        Files.createDirectories(target.resolveSibling("."));
        Files.writeString(target, text);
    }

    private static String resource(String name) {
        try (var in = BundledProject.class.getResourceAsStream("prove/" + name)) {
            if (in == null) {
                throw new IllegalStateException("prove/" + name + " is missing from the build");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
