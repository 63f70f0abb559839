package dev.mayfly.provider.linux;

import dev.mayfly.model.Egress;
import dev.mayfly.model.Entrypoint;
import dev.mayfly.provider.InstanceSpec;
import dev.mayfly.provider.instance.Specialise;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/** What an instance's sandbox is to be, made at once or out of a generic one, and what its worker is told. */
final class Plan {
    static final String CODE = "/var/task";
    static final String DEPENDENCIES = "/opt/deps";
    static final String WORKER = "/opt/mayfly";

    private static final int PORT = 8080;

    private final InstanceSpec spec;
    private final Generic generic;
    private final Egress operator;
    private final StartVariables variables;
    private final String unshared;

    /**
     * @param generic what it can be made of
     * @param operator where it may connect to unless the function says
     */
    Plan(InstanceSpec spec, Generic generic, Egress operator) {
        this.spec = spec;
        this.generic = generic;
        this.operator = operator;
        this.variables = generic.worker()
                ? StartVariables.of(spec.environment(), generic.place().environment())
                : StartVariables.NONE;
        var boots = mustBoot();
        this.unshared = boots.isEmpty() && generic.worker() && spec.dependencies() != null
                ? StartVariables.whenLoaded(spec.environment())
                : boots;
    }

    Generic generic() {
        return generic;
    }

    /** Why it can be made of nothing that runs already; empty: it can. */
    String mustBoot() {
        return generic.worker() && !spec.limits().zygotes() ? "the function sets zygotes: off" : variables.why();
    }

    private boolean command() {
        return !generic.worker();
    }

    /**
     * The frame for its worker. For a program that is none, its init takes it, and needs nothing of it.
     *
     * @param running whether it runs already
     */
    ByteBuffer worker(JsonMapper json, boolean running) throws IOException {
        Map<String, String> own = command() ? Map.of() : environment();
        int pids = running ? spec.limits().pids() : 0;
        return new Specialise(spec, Path.of(CODE), dependencies(), Path.of("/tmp"), own, pids).frame(json);
    }

    private @Nullable Path dependencies() {
        return spec.dependencies() == null ? null : Path.of(DEPENDENCIES);
    }

    private Map<String, String> environment() {
        var all = new LinkedHashMap<>(generic.place().environment());
        all.putAll(spec.environment());
        return all;
    }

    /**
     * The request for a sandbox that is its own from the start.
     *
     * @param zygote whose copy its worker is; empty: it is started
     */
    ByteBuffer spawn(
            RunFolder folder, Path worker, Optional<Integer> user, Readiness.Able able, Optional<String> zygote)
            throws IOException {
        var request = SpawnRequest.spawn(spec.id().value(), folder.path(), shape());
        if (zygote.isPresent()) {
            request.copyOf(zygote.get());
        } else {
            program(request);
        }
        var mounts = new ArrayList<>(generic.mounts(worker));
        mounts.addAll(layers());
        return limited(request.mounts(mounts).user(user), able).encode();
    }

    /**
     * The request that makes a generic sandbox its own.
     *
     * @param dependencies whether it has the layer of dependencies already
     */
    ByteBuffer specialise(Readiness.Able able, boolean dependencies) throws IOException {
        var mounts = dependencies ? List.of(SpawnRequest.mount(false, CODE, spec.code())) : layers();
        return limited(SpawnRequest.specialise(spec.id().value()).mounts(mounts), able)
                .encode();
    }

    /** Of what zygote with dependencies it may be a copy; empty: none. */
    Optional<Dependencies> shared() {
        var layer = spec.dependencies();
        boolean may = layer != null && !spec.owner().isEmpty() && generic.worker() && unshared.isEmpty();
        return may && layer != null
                ? Optional.of(
                        new Dependencies(spec.owner(), generic, spec.limits().egressOr(operator), layer))
                : Optional.empty();
    }

    /** Why it can be no copy of one that has loaded its dependencies; empty: nothing forbids it, or it has none. */
    String unshared() {
        return unshared;
    }

    /** What decides whether it can be a copy of that; a variable that says what holds anyway does not. */
    Candidate candidate() {
        var base = generic.place().environment();
        var own = new HashSet<String>();
        spec.environment().forEach((name, value) -> {
            if (!value.equals(base.get(name))) {
                own.add(name);
            }
        });
        return new Candidate(spec.code().resolve(spec.entrypoint().file()), own);
    }

    /** The program, for the init of a generic sandbox that has none; empty where it has. */
    Optional<Message> start() {
        return command()
                ? Optional.of(program(SpawnRequest.start(shape(), spec.limits().pids()))
                        .message())
                : Optional.empty();
    }

    private String shape() {
        return command() ? "server" : "worker";
    }

    private SpawnRequest program(SpawnRequest request) {
        if (!command()) {
            return request.program(variables.program(generic), CODE)
                    .environment(variables.around(generic.place().environment()));
        }
        int port = port();
        var all = new LinkedHashMap<>(environment());
        all.put("PORT", Integer.toString(port));
        return request.program(program(spec.entrypoint().command()), CODE)
                .environment(all)
                .port(port);
    }

    private SpawnRequest limited(SpawnRequest request, Readiness.Able able) {
        var egress = able.egress() ? spec.limits().egressOr(operator) : new Egress.None();
        return request.limits(spec.limits()).egress(egress, List.of());
    }

    private List<Message.Field> layers() {
        var mounts = new ArrayList<Message.Field>();
        mounts.add(SpawnRequest.mount(false, CODE, spec.code()));
        if (spec.dependencies() != null) {
            mounts.add(SpawnRequest.mount(false, DEPENDENCIES, spec.dependencies()));
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

    /** Of a function that brings its own program. */
    static boolean command(InstanceSpec spec) {
        return spec.entrypoint().kind() == Entrypoint.Kind.COMMAND;
    }
}
