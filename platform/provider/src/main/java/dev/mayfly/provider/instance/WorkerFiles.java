package dev.mayfly.provider.instance;

import dev.mayfly.provider.host.FolderTree;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.JarURLConnection;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Map;
import java.util.TreeMap;

/**
 * The files that make a worker: {@code mayfly_init.py} and the package {@code mayfly_worker}.
 *
 * @param contents by path relative to the folder they are unpacked in
 */
public record WorkerFiles(Map<String, byte[]> contents) {
    public static final String INIT = "mayfly_init.py";
    public static final String WORKER = "mayfly_worker/__main__.py";

    private static final String RESOURCES = "dev/mayfly/worker/python/";

    /** Those that come with the platform, from the class path. */
    public static WorkerFiles bundled() {
        var init = WorkerFiles.class.getClassLoader().getResource(RESOURCES + INIT);
        if (init == null) {
            throw new IllegalStateException(
                    RESOURCES + INIT + " is not on the class path (expected: module worker-python)");
        }
        try {
            if (init.openConnection() instanceof JarURLConnection jar) {
                return inJar(jar);
            }
            return inFolder(Path.of(init.toURI()).resolveSibling(""));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read the worker's files at " + init, e);
        } catch (URISyntaxException e) {
            throw new IllegalStateException("place of the worker's files: " + init, e);
        }
    }

    /** Every Python file in {@code folder}. */
    public static WorkerFiles inFolder(Path folder) throws IOException {
        var contents = new TreeMap<String, byte[]>();
        try (var files = Files.walk(folder)) {
            for (var file : files.filter(f -> f.toString().endsWith(".py")).toList()) {
                contents.put(folder.relativize(file).toString(), Files.readAllBytes(file));
            }
        }
        return new WorkerFiles(contents);
    }

    private static WorkerFiles inJar(JarURLConnection connection) throws IOException {
        var contents = new TreeMap<String, byte[]>();
        connection.setUseCaches(false);
        try (var jar = connection.getJarFile()) {
            for (var entry : new ArrayList<>(jar.stream().toList())) {
                if (entry.getName().startsWith(RESOURCES) && entry.getName().endsWith(".py")) {
                    try (var bytes = jar.getInputStream(entry)) {
                        contents.put(entry.getName().substring(RESOURCES.length()), bytes.readAllBytes());
                    }
                }
            }
        }
        return new WorkerFiles(contents);
    }

    /** Writes them into {@code folder}, readable by all, in place of whatever was there. */
    public void unpack(Path folder) {
        try {
            FolderTree.delete(folder);
            for (var file : contents.entrySet()) {
                var target = folder.resolve(file.getKey());
                Files.createDirectories(target.getParent());
                Files.write(target, file.getValue());
                Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("rw-r--r--"));
            }
            try (var folders = Files.walk(folder)) {
                for (var each : folders.filter(Files::isDirectory).toList()) {
                    Files.setPosixFilePermissions(each, PosixFilePermissions.fromString("rwxr-xr-x"));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot unpack the worker into " + folder + ": " + e.getMessage(), e);
        }
    }
}
