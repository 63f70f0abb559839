package dev.mayfly.provider.linux;

import dev.mayfly.model.Limits;
import dev.mayfly.provider.host.Platform;
import dev.mayfly.provider.instance.Loading;
import dev.mayfly.provider.instance.Session;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Opens zygotes with dependencies: first the sandboxes of its copies, then itself, and only then does it load anything. */
record DependencyOpener(Platform platform, InstanceMaker maker, Zygotes zygotes, Path worker, MemoryOf memory)
        implements DependencyZygotes.Opener {
    static final int SEATS = 8;
    /** Of its init, and of what the kernel keeps of its network. */
    private static final long SEAT_BYTES = 512 * 1024;

    private static final String ROLE = "dependency-zygote";
    private static final Duration LONGEST_LOADING = Duration.ofSeconds(60);

    @Override
    public DependencyZygote open(Dependencies dependencies, List<String> modules)
            throws IOException, InterruptedException {
        var zygote = zygotes.of(dependencies.generic(), SEATS)
                .orElseThrow(() ->
                        new IOException("no zygote of " + dependencies.generic().runtime() + " is there"));
        var name = maker.name("deps-");
        var holder = maker.make(
                name,
                _ -> {},
                (folder, user, able) -> base(dependencies, name, folder, user)
                        .copyOf(zygote.id())
                        .seats()
                        .encode());
        holder.waitAs(new LinuxInstance.Waiting(ROLE, dependencies.project(), false));
        var seats = new ArrayList<LinuxInstance>();
        try {
            for (int number = 0; number < SEATS; number++) {
                seats.add(seat(dependencies, name));
            }
            var variables = load(holder.session(), modules);
            for (var seat : seats) {
                if (!seat.session().awaitHello(true)) {
                    throw new IOException("a seat did not say hello");
                }
            }
            return new DependencyZygote(
                    holder,
                    seats,
                    new LinuxInstance.Waiting(ROLE, dependencies.project(), true),
                    Set.copyOf(variables),
                    memory.of(holder) + seats.size() * SEAT_BYTES);
        } catch (IOException | InterruptedException | RuntimeException e) {
            holder.kill();
            seats.forEach(LinuxInstance::kill);
            throw e;
        }
    }

    private LinuxInstance seat(Dependencies dependencies, String holder) throws IOException, InterruptedException {
        var name = maker.name("seat-");
        return maker.make(
                name,
                _ -> {},
                (folder, user, able) -> base(dependencies, name, folder, user)
                        .copyOf(holder)
                        .pooled()
                        .encode());
    }

    private SpawnRequest base(Dependencies dependencies, String name, RunFolder folder, Optional<Integer> user) {
        var mounts = new ArrayList<>(dependencies.generic().mounts(worker));
        mounts.add(SpawnRequest.mount(false, Plan.DEPENDENCIES, dependencies.layer()));
        return SpawnRequest.spawn(name, folder.path(), "worker")
                .mounts(mounts)
                .user(user)
                .limits(Limits.DEFAULTS);
    }

    /** The names of the variables that the modules have looked up. */
    private List<String> load(Session session, List<String> modules) throws IOException, InterruptedException {
        if (!session.awaitHello(true)) {
            throw new IOException("it did not say hello");
        }
        session.specialise(frame(modules));
        return switch (session.awaitLoading(LONGEST_LOADING)) {
            case Loading.Ready ready -> ready.variables();
            case Loading.Failed failed -> {
                var why = failed.problem().message();
                throw failed.how() == Loading.How.KILLED ? new IOException(why) : new DependencyZygotes.Unfit(why);
            }
        };
    }

    private ByteBuffer frame(List<String> modules) {
        return Session.specialiseFrame(
                platform.json().writeValueAsBytes(Map.of("deps", Plan.DEPENDENCIES, "imports", modules)));
    }
}
