package dev.mayfly.provider.host;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The processes of this machine, from {@code /proc}. Empty where there is none. */
public final class ProcessTable {
    private final Path proc;

    public ProcessTable(Path proc) {
        this.proc = proc;
    }

    public boolean readable() {
        return Files.isReadable(proc.resolve("self/stat"));
    }

    public Optional<ProcessRow> find(long pid) {
        try {
            return Optional.of(ProcessRow.parse(Files.readString(of(pid, "stat"), StandardCharsets.ISO_8859_1)));
        } catch (IOException e) {
            return Optional.empty(); // gone
        }
    }

    /** Every process now. Costs milliseconds where there are hundreds. */
    public List<ProcessRow> all() {
        var names = proc.toFile().list((folder, name) -> name.charAt(0) >= '1' && name.charAt(0) <= '9');
        var rows = new ArrayList<ProcessRow>();
        for (var name : names == null ? new String[0] : names) {
            find(Long.parseLong(name)).ifPresent(rows::add);
        }
        return rows;
    }

    /** {@code root} and everything that descends from it, within {@code rows}; parents before their children. */
    public static Set<Long> tree(List<ProcessRow> rows, long root) {
        var children = new HashMap<Long, List<Long>>();
        for (var row : rows) {
            children.computeIfAbsent(row.parent(), parent -> new ArrayList<>()).add(row.pid());
        }
        var found = new LinkedHashSet<Long>(Set.of(root));
        var pending = new ArrayDeque<Long>(found);
        while (!pending.isEmpty()) {
            for (var child : children.getOrDefault(pending.remove(), List.of())) {
                if (found.add(child)) {
                    pending.add(child);
                }
            }
        }
        return found;
    }

    /** The users a process acts as: real, effective, saved. */
    public Set<Integer> users(long pid) {
        try {
            for (var line : Files.readAllLines(of(pid, "status"), StandardCharsets.ISO_8859_1)) {
                if (line.startsWith("Uid:")) {
                    var users = new HashSet<Integer>();
                    for (var user : line.substring(4).strip().split("\\s+", -1)) {
                        users.add(Integer.parseUnsignedInt(user));
                    }
                    return users;
                }
            }
        } catch (IOException e) {
            return Set.of(); // gone
        }
        return Set.of();
    }

    /** The environment a process was started with, as {@code NAME=value} entries; empty where this user may not read it. */
    public List<String> environment(long pid) {
        try {
            return List.of(Files.readString(of(pid, "environ"), StandardCharsets.ISO_8859_1)
                    .split("\0", -1));
        } catch (IOException e) {
            return List.of(); // gone, or hidden from us
        }
    }

    /** The pid given out last: while it stays, no process has been started. Empty where the kernel does not say. */
    public Optional<String> newest() {
        try {
            var text = Files.readString(proc.resolve("loadavg"), StandardCharsets.ISO_8859_1)
                    .strip();
            return Optional.of(text.substring(text.lastIndexOf(' ') + 1));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private Path of(long pid, String file) {
        return proc.resolve(Long.toString(pid)).resolve(file);
    }
}
