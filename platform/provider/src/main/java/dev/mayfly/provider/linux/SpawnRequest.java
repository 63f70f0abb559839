package dev.mayfly.provider.linux;

import dev.mayfly.model.Cidr;
import dev.mayfly.model.Egress;
import dev.mayfly.model.Limits;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Puts the frames together that say what a sandbox is to be: {@code spawn}, {@code specialise} and, to an init, {@code start}. */
final class SpawnRequest {
    static final int OPEN_FILES = 4096;

    private static final int LEAST_INODES = 16;

    private final String verb;
    private final List<Message.Field> fields = new ArrayList<>();

    private SpawnRequest(String verb) {
        this.verb = verb;
    }

    static SpawnRequest spawn(String id, Path run, String shape) {
        return new SpawnRequest("spawn")
                .add("id", id)
                .add("run", run.toString())
                .add("shape", shape)
                .add("hostname", id)
                .add("files", Integer.toString(OPEN_FILES));
    }

    /** Of a sandbox that was made without a function. */
    static SpawnRequest specialise(String hostname) {
        return new SpawnRequest("specialise").add("hostname", hostname);
    }

    /** Of a sandbox that was made without a program. */
    static SpawnRequest start(String shape, int pids) {
        return new SpawnRequest("start").add("shape", shape).add("pids", Integer.toString(pids));
    }

    /** Its function comes later, and with it what it may reach. */
    SpawnRequest pooled() {
        return add("pooled", "yes");
    }

    /** Its program is a copy of a process that waits for that. */
    SpawnRequest copyOf(String zygote) {
        return add("zygote", zygote);
    }

    /** That copy is to be copied in turn, when it has loaded what it is told. */
    SpawnRequest seats() {
        return add("seats", "yes");
    }

    SpawnRequest program(List<String> words, String cwd) {
        words.forEach(word -> add("argv", word));
        return add("cwd", cwd);
    }

    SpawnRequest environment(Map<String, String> variables) {
        variables.forEach((name, value) -> add("env", name + "=" + value));
        return this;
    }

    SpawnRequest mounts(List<Message.Field> mounts) {
        fields.addAll(mounts);
        return this;
    }

    static Message.Field mount(boolean writable, String target, Path source) {
        return new Message.Field("mount", (writable ? "rw " : "ro ") + target + " " + source);
    }

    /** @param user what the sandbox's user is outside; empty: the launcher decides */
    SpawnRequest user(Optional<Integer> user) {
        user.ifPresent(number -> add("uid", number.toString()).add("gid", number.toString()));
        return this;
    }

    SpawnRequest limits(Limits limits) {
        add("memory", Long.toString(limits.memory()));
        add("tmp", Long.toString(limits.tmp()));
        add("inodes", Integer.toString(Math.max(LEAST_INODES, limits.inodes())));
        add("cpu", Long.toString(Math.max(1, Math.round(limits.cpu() * 1000))));
        return add("pids", Integer.toString(limits.pids()));
    }

    /** @param bytes the most of one file; 0: no limit */
    SpawnRequest fileSize(long bytes) {
        return bytes == 0 ? this : add("fsize", Long.toString(bytes));
    }

    /** @param allow CIDRs, or CIDR:PORT, that {@code internet} reaches besides */
    SpawnRequest egress(Egress egress, List<String> allow) {
        var also = new ArrayList<>(allow);
        switch (egress) {
            case Egress.None none -> add("egress", "none");
            case Egress.All all -> add("egress", "all");
            case Egress.Only(var ranges) ->
                add("egress", ranges.stream().map(Cidr::toString).collect(Collectors.joining(",")));
            case Egress.Internet(var ranges) -> {
                add("egress", "internet");
                ranges.forEach(range -> also.add(range.toString()));
            }
        }
        if (!also.isEmpty()) {
            add("allow", String.join(",", also));
        }
        return this;
    }

    SpawnRequest port(int port) {
        return add("port", Integer.toString(port));
    }

    private SpawnRequest add(String key, String value) {
        fields.add(new Message.Field(key, value));
        return this;
    }

    Message message() {
        return new Message(verb, fields);
    }

    ByteBuffer encode() throws IOException {
        return message().encode();
    }
}
