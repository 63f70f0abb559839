package dev.mayfly.build.python;

import dev.mayfly.build.source.BuildFailure;
import dev.mayfly.build.tool.Scratch;
import dev.mayfly.model.Digest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;

/**
 * What the operator's settings of pip name, made true inside a sandbox: folders are lent, files are copied, and hosts may be reached even where
 * they have private addresses. Only what a setting is there to name is; the build runs strangers' code, which sees all of it.
 */
record Operator(Scratch scratch) {
    private static final Pattern WORD = Pattern.compile("[^\\s,=\"']+");
    private static final Path SYSTEM = Path.of("/usr");

    /**
     * A variable in the words of the inside.
     *
     * @param name of the variable, also for a complaint
     */
    String variable(String name, String value) throws IOException {
        return inside(name, Naming.of(name.replaceFirst("^PIP_", "")), value);
    }

    /** A file of pip's configuration in the words of the inside. */
    String configuration(Path file) throws IOException {
        var text = new StringBuilder();
        var content = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
        for (var part : ConfigurationText.parts(content)) {
            var naming = Naming.of(part.key());
            // pip takes the name of a further file from a variable only.
            text.append(part.before())
                    .append(
                            naming == Naming.CONFIGURATION
                                    ? part.value()
                                    : inside(file.toString(), naming, part.value()));
        }
        return text.toString();
    }

    private String inside(String name, Naming naming, String value) throws IOException {
        if (naming == Naming.NOTHING) {
            return value;
        }
        var text = new StringBuilder();
        var words = (naming == Naming.PROXY ? Naming.PROXY_WORD : WORD).matcher(value);
        int done = 0;
        while (words.find()) {
            text.append(value, done, words.start()).append(word(name, naming, words.group()));
            done = words.end();
        }
        return text.append(value.substring(done)).toString();
    }

    private String word(String name, Naming naming, String word) throws IOException {
        if (naming == Naming.PROXY) {
            reach(name, word.contains("://") ? word : "http://" + word);
            return word;
        }
        if (word.startsWith("http://") || word.startsWith("https://")) {
            reach(name, word);
            return word;
        }
        var scheme = word.startsWith("file:///") ? "file://" : "";
        var place = word.substring(scheme.length());
        return place.startsWith("/") ? scheme + lend(naming, Path.of(place).normalize()) : word;
    }

    private String lend(Naming naming, Path place) throws IOException {
        if (place.startsWith(SYSTEM) || place.getNameCount() == 0) {
            return place.toString();
        }
        if (naming == Naming.PLACES && Files.isDirectory(place)) {
            return scratch.lent().folder(place.toRealPath());
        }
        if (Files.isRegularFile(place)) {
            var copy = Digest.of(place.toString()).hex().substring(0, 8) + "-" + place.getFileName();
            return switch (naming) {
                case KEY -> scratch.inside(scratch.secret(copy, Files.newInputStream(place)));
                case CONFIGURATION ->
                    scratch.inside(scratch.tool(
                            copy, new ByteArrayInputStream(configuration(place).getBytes(StandardCharsets.UTF_8))));
                case PLACES, FILE -> scratch.inside(scratch.tool(copy, Files.newInputStream(place)));
                case PROXY, NOTHING -> place.toString();
            };
        }
        return place.toString();
    }

    private void reach(String name, String word) {
        URI address;
        try {
            address = URI.create(word);
        } catch (IllegalArgumentException e) {
            return; // pip will say what it makes of it
        }
        var host = address.getHost();
        if (host == null) {
            return;
        }
        int port = address.getPort() > 0 ? address.getPort() : word.startsWith("https:") ? 443 : 80;
        try {
            for (var each : InetAddress.getAllByName(host)) {
                if (each.isLoopbackAddress()) {
                    throw BuildFailure.of(
                            name + " names " + host
                                    + ", and a build runs in a sandbox, where that is the sandbox itself",
                            "give it an address that is not loopback, or start the server with --isolation process");
                }
                scratch.lent().address(each, port);
            }
        } catch (UnknownHostException e) {
            return; // pip will say so
        }
    }
}
