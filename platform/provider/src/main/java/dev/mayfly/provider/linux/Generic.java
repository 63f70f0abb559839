package dev.mayfly.provider.linux;

import dev.mayfly.model.Limits;
import dev.mayfly.provider.instance.WorkerFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a sandbox can be before anybody knows for which function: a Python whose worker runs already, or nothing but its init.
 *
 * @param runtime such as {@code python3.11}, or {@code provided} for whatever its function brings
 * @param place of the Python
 */
record Generic(String runtime, Place place) {
    static final Generic PROVIDED = new Generic("provided", Place.SYSTEM_ONLY);

    private static final String CODE = Plan.CODE;

    /** Whether there is a worker in it. */
    boolean worker() {
        return !place.executable().isEmpty();
    }

    /** The words that start its worker. */
    List<String> program() {
        return List.of(place.executable(), "-I", "-S", Plan.WORKER + "/" + WorkerFiles.WORKER);
    }

    /** The words that start a process to be copied, with the worker's code in it. */
    List<String> zygote() {
        var words = new ArrayList<>(program());
        words.add("zygote");
        return words;
    }

    /** What is in it whatever the function. */
    List<Message.Field> mounts(Path worker) {
        var mounts = new ArrayList<>(place.mounts());
        if (worker()) {
            mounts.add(SpawnRequest.mount(false, Plan.WORKER, worker));
        }
        return mounts;
    }

    /**
     * The request for one, with the limits that most functions have; what its function says of them is set when there is one.
     *
     * @param zygote whose copy its worker is; empty: it is started
     */
    ByteBuffer spawn(String name, RunFolder folder, Path worker, Optional<Integer> user, Optional<String> zygote)
            throws IOException {
        var request = SpawnRequest.spawn(name, folder.path(), "worker").pooled();
        if (zygote.isPresent()) {
            request.copyOf(zygote.get());
        } else if (worker()) {
            request.program(program(), CODE).environment(place.environment());
        }
        return request.mounts(mounts(worker)).user(user).limits(Limits.DEFAULTS).encode();
    }
}
