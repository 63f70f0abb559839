package dev.mayfly.provider.linux;

import dev.mayfly.model.Egress;
import dev.mayfly.model.Entrypoint;
import dev.mayfly.provider.InstanceSpec;
import dev.mayfly.provider.instance.Specialise;
import dev.mayfly.provider.instance.WorkerFiles;
import dev.mayfly.provider.python.Interpreter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/** What an instance's sandbox is to be, and what its worker is told. */
final class Plan {
    static final String CODE = "/var/task";
    static final String DEPENDENCIES = "/opt/deps";
    static final String WORKER = "/opt/mayfly";

    private static final int PORT = 8080;

    private final InstanceSpec spec;
    private final Optional<Integer> user;
    private final Egress operator;
    private final Place place;

    /**
     * @param python that runs the worker; empty for a program that needs none
     * @param user what the sandbox's user is outside; empty: the launcher decides
     * @param operator where it may connect to unless the function says
     */
    Plan(InstanceSpec spec, Optional<Interpreter> python, Optional<Integer> user, Egress operator) throws IOException {
        this.spec = spec;
        this.user = user;
        this.operator = operator;
        this.place = python.isPresent() ? Place.of(python.get()) : Place.SYSTEM_ONLY;
    }

    private boolean command() {
        return spec.entrypoint().kind() == Entrypoint.Kind.COMMAND;
    }

    /** For a program that is no worker, its init takes the frame, and needs nothing of it. */
    ByteBuffer specialise(JsonMapper json) throws IOException {
        Map<String, String> variables = command() ? Map.of() : environment();
        return new Specialise(spec, Path.of(CODE), dependencies(), Path.of("/tmp"), variables).frame(json);
    }

    private @Nullable Path dependencies() {
        return spec.dependencies() == null ? null : Path.of(DEPENDENCIES);
    }

    private Map<String, String> environment() {
        var variables = new LinkedHashMap<>(place.environment());
        variables.putAll(spec.environment());
        return variables;
    }

    ByteBuffer spawn(RunFolder folder, Path worker, Readiness.Able able) throws IOException {
        var request = new SpawnRequest(spec.id().value(), folder.path(), command() ? "server" : "worker");
        if (command()) {
            int port = port();
            var variables = new LinkedHashMap<>(environment());
            variables.put("PORT", Integer.toString(port));
            request.program(program(spec.entrypoint().command()), CODE)
                    .environment(variables)
                    .port(port);
        } else {
            request.program(List.of(place.executable(), "-I", "-S", WORKER + "/" + WorkerFiles.WORKER), CODE)
                    .environment(place.environment());
        }
        return request.mounts(mounts(worker))
                .user(user)
                .limits(spec.limits())
                .egress(able.egress() ? spec.limits().egressOr(operator) : new Egress.None(), List.of())
                .encode();
    }

    private List<Message.Field> mounts(Path worker) {
        var mounts = new ArrayList<>(place.mounts());
        mounts.add(SpawnRequest.mount(false, CODE, spec.code()));
        if (spec.dependencies() != null) {
            mounts.add(SpawnRequest.mount(false, DEPENDENCIES, spec.dependencies()));
        }
        if (!command()) {
            mounts.add(SpawnRequest.mount(false, WORKER, worker));
        }
        return mounts;
    }

    /** A name alone is looked for on the PATH, anything else in the code. */
    private static List<String> program(List<String> command) {
        var words = new ArrayList<String>();
        var name = command.getFirst();
        if (name.indexOf('/') < 0) {
            words.addAll(List.of("/usr/bin/env", "--", name));
        } else {
            words.add(Path.of(CODE).resolve(name).normalize().toString());
        }
        words.addAll(command.subList(1, command.size()));
        return words;
    }

    /** The one that the function's own environment names, else 8080. */
    private int port() {
        var own = spec.environment().getOrDefault("PORT", "");
        return own.matches("\\d{1,5}") && Integer.parseInt(own) >= 1 && Integer.parseInt(own) <= 65_535
                ? Integer.parseInt(own)
                : PORT;
    }
}
