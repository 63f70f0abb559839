package dev.mayfly.provider.linux;

import dev.mayfly.model.Limits;
import dev.mayfly.provider.host.Platform;
import dev.mayfly.provider.host.RuntimeDirectory;
import dev.mayfly.provider.instance.ControlListener;
import dev.mayfly.provider.instance.ZygoteSession;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One process that waits to be copied into sandboxes, beside the launcher that made it. It holds nobody's code and nobody's secrets. */
final class Zygote {
    private static final Logger LOG = LoggerFactory.getLogger(Zygote.class);
    private static final Duration LONGEST_START = Duration.ofSeconds(20);

    private final String id;
    private final Sandbox life;
    private final RunFolder folder;
    private final ZygoteSession session;
    private final long pid;

    private Zygote(String id, Sandbox life, RunFolder folder, ZygoteSession session, long pid) {
        this.id = id;
        this.life = life;
        this.folder = folder;
        this.session = session;
        this.pid = pid;
    }

    /** Starts one and waits until it can be copied. */
    static Zygote start(
            Platform platform,
            RuntimeDirectory directory,
            Launcher launcher,
            String id,
            Generic generic,
            Duration patience)
            throws IOException, InterruptedException {
        var folder = RunFolder.create(directory, id);
        try {
            var listener = ControlListener.open(folder.controlSocket());
            var session = ZygoteSession.attend(platform, id, listener);
            try {
                var connection = launcher.connect(patience)
                        .orElseThrow(() -> new IOException("the launcher of sandboxes is not running"));
                var life = new Sandbox(id, connection.socket(), address -> {}, refused -> {});
                try {
                    return started(
                            id, life, folder, session, life.spawn(request(id, folder, generic, directory.worker())));
                } catch (IOException | InterruptedException | RuntimeException e) {
                    life.kill();
                    throw e;
                }
            } catch (IOException | InterruptedException | RuntimeException e) {
                session.close();
                throw e;
            }
        } catch (IOException | InterruptedException | RuntimeException e) {
            folder.delete();
            throw e;
        }
    }

    private static Zygote started(String id, Sandbox life, RunFolder folder, ZygoteSession session, Sandbox.Start start)
            throws IOException, InterruptedException {
        return switch (start) {
            case Sandbox.Start.Failed(var why) -> throw new IOException(why);
            case Sandbox.Start.Made made -> {
                var why = session.awaitReady(LONGEST_START);
                if (!why.isEmpty()) {
                    throw new IOException(why);
                }
                yield new Zygote(id, life, folder, session, made.pid());
            }
        };
    }

    private static ByteBuffer request(String id, RunFolder folder, Generic generic, Path worker) throws IOException {
        return SpawnRequest.spawn(id, folder.path(), "zygote")
                .program(generic.zygote(), Plan.CODE)
                .environment(generic.place().environment())
                .mounts(generic.mounts(worker))
                .limits(Limits.DEFAULTS)
                .encode();
    }

    String id() {
        return id;
    }

    /** As this machine sees it. */
    long pid() {
        return pid;
    }

    boolean alive() {
        return !life.ended().isDone();
    }

    /** Calls back when it has ended, however. */
    void onEnd(Runnable then) {
        Thread.ofVirtual().name("watch-" + id).start(() -> {
            life.ended().join();
            then.run();
        });
    }

    /** Ends it, and waits for that; copies of it go on. */
    void end() {
        life.kill();
        session.close();
        try {
            folder.delete();
        } catch (IOException e) {
            LOG.warn("{}: cannot delete its folder now; the next start will", id, e);
        }
    }
}
