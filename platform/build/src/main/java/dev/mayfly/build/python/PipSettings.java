package dev.mayfly.build.python;

import dev.mayfly.build.source.Modes;
import dev.mayfly.build.tool.Scratch;
import dev.mayfly.model.Digest;
import dev.mayfly.provider.python.Reach;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.StringJoiner;
import java.util.TreeMap;

/**
 * How the operator set up pip: PIP_* variables, proxies and certificates of the server's environment, and pip's configuration files
 * (<a href="https://pip.pypa.io/en/stable/topics/configuration/">where they are</a>). pip gets all of it; nothing of it is part of a layer
 * or of a function's environment.
 */
public final class PipSettings {
    private static final Set<String> SHARED = Set.of(
            "http_proxy",
            "https_proxy",
            "no_proxy",
            "all_proxy",
            "ssl_cert_file",
            "ssl_cert_dir",
            "requests_ca_bundle",
            "curl_ca_bundle");

    /** Variables that name a file which the account of the tools may not be able to read. */
    private static final Set<String> FILES = Set.of(
            "PIP_CERT",
            "PIP_CLIENT_CERT",
            "PIP_CONFIG_FILE",
            "PIP_CONSTRAINT",
            "SSL_CERT_FILE",
            "REQUESTS_CA_BUNDLE",
            "CURL_CA_BUNDLE");

    /** Those that would send the installation elsewhere or change what is read from it. */
    private static final Set<String> OURS = Set.of(
            "PIP_TARGET",
            "PIP_PREFIX",
            "PIP_ROOT",
            "PIP_USER",
            "PIP_CACHE_DIR",
            "PIP_NO_CACHE_DIR",
            "PIP_REQUIRE_VIRTUALENV",
            "PIP_REQUIREMENT",
            "PIP_EDITABLE",
            "PIP_DRY_RUN",
            "PIP_REPORT",
            "PIP_LOG",
            "PIP_QUIET",
            "PIP_PYTHON",
            "PIP_NO_COLOR",
            "PIP_PROGRESS_BAR",
            "PIP_SRC");

    /** Those that cannot change what is installed. */
    private static final Set<String> HARMLESS = Set.of(
            "PIP_CERT",
            "PIP_CLIENT_CERT",
            "PIP_PROXY",
            "PIP_TIMEOUT",
            "PIP_DEFAULT_TIMEOUT",
            "PIP_RETRIES",
            "PIP_NO_INPUT",
            "PIP_VERBOSE",
            "PIP_DISABLE_PIP_VERSION_CHECK",
            "PIP_ROOT_USER_ACTION",
            "PIP_CONFIG_FILE",
            "PIP_TRUSTED_HOST",
            "PIP_EXISTS_ACTION",
            "PIP_NO_WARN_SCRIPT_LOCATION");

    private final Map<String, String> server;
    private final List<Path> systemFiles;

    /** @param server the server's own environment */
    public PipSettings(Map<String, String> server) {
        this(server, List.of(Path.of("/etc/xdg/pip/pip.conf"), Path.of("/etc/pip.conf")));
    }

    PipSettings(Map<String, String> server, List<Path> systemFiles) {
        this.server = server;
        this.systemFiles = systemFiles;
    }

    /** What may change the result of an installation; equal settings give equal text. */
    String influence() throws IOException {
        var text = new StringBuilder();
        for (var variable : new TreeMap<>(server).entrySet()) {
            var name = variable.getKey();
            if (name.startsWith("PIP_") && !OURS.contains(name) && !HARMLESS.contains(name)) {
                text.append(name).append('=').append(variable.getValue()).append('\n');
            }
        }
        var files = new ArrayList<>(systemFiles);
        files.addAll(userFiles().values());
        named("PIP_CONFIG_FILE").ifPresent(files::add);
        for (Path file : files) {
            if (Files.isReadable(file) && Files.isRegularFile(file)) {
                text.append(Digest.of(Files.readAllBytes(file))).append('\n');
            }
        }
        return text.toString();
    }

    /** The environment of pip in a scratch folder; lays copies of files that it could not read there. */
    Map<String, String> seed(Scratch scratch) throws IOException {
        var environment = new LinkedHashMap<String, String>();
        for (var variable : server.entrySet()) {
            var name = variable.getKey();
            boolean pip = name.startsWith("PIP_") && !OURS.contains(name);
            if (pip || SHARED.contains(name.toLowerCase(Locale.ROOT))) {
                environment.put(
                        name,
                        scratch.sandboxed()
                                ? new Operator(scratch).variable(name, variable.getValue())
                                : readable(name, variable.getValue(), scratch));
            }
        }
        for (var file : userFiles().entrySet()) {
            if (Files.isReadable(file.getValue())) {
                var copy = scratch.home().resolve(file.getKey());
                Files.createDirectories(copy.getParent());
                Files.write(copy, content(file.getValue(), scratch));
            }
        }
        if (scratch.sandboxed()) {
            environment.put("XDG_CONFIG_DIRS", systemFolders(scratch));
        } else {
            for (Path file : systemFiles) {
                if (Files.isReadable(file) && unreadable(file, scratch)) {
                    environment.putIfAbsent(
                            "PIP_CONFIG_FILE", copy(file, scratch).toString());
                }
            }
        }
        if (scratch.sandboxed() && scratch.obstacle().isPresent()) {
            environment.put("PIP_RETRIES", "0"); // no way out opens while pip waits
        }
        environment.putAll(Map.of(
                "PIP_NO_INPUT", "1",
                "PIP_DISABLE_PIP_VERSION_CHECK", "1",
                "PIP_NO_COLOR", "1",
                "PIP_PROGRESS_BAR", "off",
                "PIP_USER", "0",
                "PIP_REQUIRE_VIRTUALENV", "0",
                "PIP_CACHE_DIR", scratch.cache().toString()));
        return environment;
    }

    private static String readable(String name, String value, Scratch scratch) throws IOException {
        if (!FILES.contains(name) || value.contains("://") || !Files.isRegularFile(Path.of(value))) {
            return value;
        }
        var file = Path.of(value);
        if (!unreadable(file, scratch)) {
            return value;
        }
        return name.equals("PIP_CLIENT_CERT")
                ? scratch.secret(name, Files.newInputStream(file)).toString()
                : copy(file, scratch).toString();
    }

    /** Folders that hold what this machine says to every user, which no sandbox sees in its place. A PIP_CONFIG_FILE would hide the user's own. */
    private String systemFolders(Scratch scratch) throws IOException {
        var folders = new StringJoiner(":");
        for (Path file : systemFiles) {
            if (Files.isReadable(file)) {
                var name = "pip-" + Digest.of(file.toString()).hex().substring(0, 8);
                var inner =
                        Files.createDirectories(scratch.tools().resolve(name).resolve("pip"));
                for (Path each : List.of(inner, scratch.tools().resolve(name))) {
                    Files.setPosixFilePermissions(each, Modes.PROGRAM);
                }
                var inside = scratch.inside(
                        scratch.tool(name + "/pip/pip.conf", new ByteArrayInputStream(content(file, scratch))));
                folders.add(inside.substring(0, inside.length() - "/pip/pip.conf".length()));
            }
        }
        return folders.toString();
    }

    private static byte[] content(Path configuration, Scratch scratch) throws IOException {
        return scratch.sandboxed()
                ? new Operator(scratch).configuration(configuration).getBytes(StandardCharsets.UTF_8)
                : Files.readAllBytes(configuration);
    }

    private static boolean unreadable(Path file, Scratch scratch) {
        // Of a folder and its parents the way in counts; of the file that it can be read.
        return scratch.isolated() && !Reach.othersCanRead(file);
    }

    private static Path copy(Path file, Scratch scratch) throws IOException {
        return scratch.tool(
                Digest.of(file.toString()).hex().substring(0, 8) + "-" + file.getFileName(),
                new ByteArrayInputStream(content(file, scratch)));
    }

    /** The user's configuration, by its place below a home. */
    private Map<Path, Path> userFiles() {
        var home = server.get("HOME");
        if (home == null) {
            return Map.of();
        }
        var configuration = server.getOrDefault("XDG_CONFIG_HOME", home + "/.config");
        var files = new LinkedHashMap<Path, Path>();
        files.put(Path.of(".pip/pip.conf"), Path.of(home, ".pip/pip.conf"));
        files.put(Path.of(".config/pip/pip.conf"), Path.of(configuration, "pip/pip.conf"));
        return files;
    }

    private Optional<Path> named(String variable) {
        return Optional.ofNullable(server.get(variable))
                .filter(value -> !value.isEmpty())
                .map(Path::of);
    }
}
