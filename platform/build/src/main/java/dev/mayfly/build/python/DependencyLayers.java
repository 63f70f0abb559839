package dev.mayfly.build.python;

import dev.mayfly.build.BuildEvent;
import dev.mayfly.build.source.Blobs;
import dev.mayfly.build.source.SourceTree;
import dev.mayfly.build.tool.Owner;
import dev.mayfly.build.tool.Takeover;
import dev.mayfly.build.tool.Workshop;
import dev.mayfly.model.Digest;
import dev.mayfly.model.SourceFile;
import dev.mayfly.provider.ToolRuns;
import dev.mayfly.provider.python.Interpreter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;

/** Makes what a manifest names into a layer, once: the same manifest for the same Python finds the layer it made before. */
final class DependencyLayers {
    /** Changes when layers are made in another way. */
    private static final String FORMAT = "python-dependencies/3";

    private final Blobs blobs;
    private final Workshop workshop;
    private final PipSettings settings;
    private final Owner owner;

    DependencyLayers(Blobs blobs, Workshop workshop, PipSettings settings, Owner owner) {
        this.owner = owner;
        this.blobs = blobs;
        this.workshop = workshop;
        this.settings = settings;
    }

    /** The layer of a manifest; empty when it names nothing. */
    Optional<Digest> layer(SourceTree tree, Manifest manifest, Interpreter python, Consumer<BuildEvent> log)
            throws IOException, InterruptedException {
        if (manifest.requirements().isEmpty()) {
            return Optional.empty();
        }
        // A project's first build has no cache that an earlier one could have put anything in: what that makes serves
        // later builds as well.
        var first = key(manifest, python, new Owner(owner.project(), 0));
        var key = blobs.artifacts().layer(first).isPresent() ? first : key(manifest, python, owner);
        if (blobs.artifacts().layer(key).isPresent()) {
            log.accept(new BuildEvent.Step("Dependencies of " + manifest.path() + " are installed already"));
        } else {
            int count = manifest.requirements().size();
            log.accept(new BuildEvent.Step(
                    "Installing " + count + (count == 1 ? " package" : " packages") + " from " + manifest.path()));
            blobs.artifacts().layer(key, folder -> install(tree, manifest, python, folder, log));
        }
        return Optional.of(key);
    }

    private Digest key(Manifest manifest, Interpreter python, Owner owner) throws IOException {
        var text = new StringBuilder(FORMAT).append('\n');
        // What is installed may come from the project's own cache, which its builds can write; no other project may be
        // given that.
        text.append(owner).append('\n');
        text.append(python.runtime()).append(' ').append(python.platform()).append('\n');
        text.append(manifest.folder()).append('\n').append(settings.influence());
        new TreeMap<>(manifest.texts())
                .forEach((path, content) -> text.append(path).append('\n').append(content));
        for (SourceFile file : manifest.local()) {
            text.append(file.path())
                    .append(' ')
                    .append(file.blob())
                    .append(file.link())
                    .append('\n');
        }
        return Digest.of(text.toString());
    }

    private void install(SourceTree tree, Manifest manifest, Interpreter python, Path folder, Consumer<BuildEvent> log)
            throws IOException, InterruptedException {
        try (var scratch = workshop.open(owner)) {
            if (scratch.unisolated()) {
                log.accept(new BuildEvent.Warning(
                        "packages are installed by plain processes, as --allow-unisolated allows: "
                                + scratch.obstacle()
                                        .map(ToolRuns.Obstacle::reason)
                                        .orElse("")));
            }
            blobs.write(tree.files(), scratch.tree());
            for (var file : manifest.rewritten().entrySet()) {
                Files.writeString(scratch.tree().resolve(file.getKey()), file.getValue());
            }
            var pip = new Pip(workshop, scratch, python, settings.seed(scratch));
            Consumer<String> output = line -> log.accept(new BuildEvent.Output(line));
            var problem = new PipProblem(manifest);
            var command = new ArrayList<>(pip.command(output));
            command.addAll(List.of(
                    "install", "--target", scratch.out().toString(), "--no-compile", "-r", manifest.listName()));
            int status = scratch.run(
                    python, command, pip.environment(), scratch.tree().resolve(manifest.folder()), line -> {
                        problem.hear(line);
                        output.accept(line);
                    });
            if (status != 0) {
                throw problem.asException(scratch.sandboxed() ? scratch.obstacle() : Optional.empty());
            }
            pip.run(Compilation.ofDependencies(scratch, python), line -> {});
            new Takeover(scratch.out(), workshop.limits()).into(folder);
        }
    }
}
