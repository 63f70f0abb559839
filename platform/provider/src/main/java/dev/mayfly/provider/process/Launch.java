package dev.mayfly.provider.process;

import dev.mayfly.provider.InstanceSpec;
import dev.mayfly.provider.host.RuntimeDirectory;
import dev.mayfly.provider.instance.WorkerFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The command that becomes an instance: limits, then another user, then the init, which starts the worker. */
final class Launch {
    static final String PATH = "/usr/local/bin:/usr/bin:/bin";

    private final RuntimeDirectory directory;
    private final Tools tools;

    Launch(RuntimeDirectory directory, Tools tools) {
        this.directory = directory;
        this.tools = tools;
    }

    Layers layers(InstanceSpec spec, InstanceFolder folder) throws IOException {
        if (folder.user().isEmpty() || (reachable(spec.code()) && reachable(spec.dependencies()))) {
            return Layers.visible(spec.code(), spec.dependencies());
        }
        if (tools.unshare().isEmpty()) {
            throw new IOException(
                    "its user cannot reach " + spec.code()
                            + ", and this machine lets us mount nothing; give MAYFLY_HOME a place that every user may pass through");
        }
        return Layers.mounted(tools.unshare().get(), folder.run(), spec.code(), spec.dependencies());
    }

    private static boolean reachable(@Nullable Path folder) throws IOException {
        return folder == null || Layers.reachableByOthers(folder);
    }

    ProcessBuilder builder(InstanceSpec spec, InstanceFolder folder, Layers layers, Path interpreter) {
        var command = new ArrayList<>(layers.mounting());
        // Without a user of its own, the limit on processes would count everything else the server's user runs.
        var pids = folder.user().map(user -> spec.limits().pids());
        tools.prlimit().ifPresent(prlimit -> command.addAll(Tools.limits(prlimit, pids)));
        tools.setpriv().ifPresent(setpriv -> command.addAll(Tools.privileges(setpriv, folder.user())));
        var python = List.of(interpreter.toString(), "-I", "-S");
        command.addAll(python);
        command.addAll(List.of(
                directory.worker().resolve(WorkerFiles.INIT).toString(),
                folder.run().toString(),
                "--"));
        command.addAll(python);
        command.add(directory.worker().resolve(WorkerFiles.WORKER).toString());
        var builder = new ProcessBuilder(command)
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(folder.bootLog().toFile())
                .directory(folder.scratch().toFile());
        builder.environment().clear();
        builder.environment().putAll(environment(folder));
        return builder;
    }

    /** What every process of an instance has around it, before the function's own variables. */
    static Map<String, String> environment(InstanceFolder folder) {
        return Map.of(
                "PATH",
                PATH,
                "LANG",
                "C.UTF-8",
                "TZ",
                "UTC",
                "HOME",
                folder.scratch().toString(),
                "TMPDIR",
                folder.scratch().toString(),
                InstanceFolder.MARK_NAME,
                folder.run().toString());
    }

    /** The function's variables over those. */
    static Map<String, String> environment(InstanceSpec spec, InstanceFolder folder) {
        var variables = new LinkedHashMap<>(environment(folder));
        variables.putAll(spec.environment());
        // Last: this one is how the platform finds its own processes again.
        variables.put(InstanceFolder.MARK_NAME, folder.run().toString());
        return variables;
    }
}
