package dev.mayfly.build.python;

import dev.mayfly.build.source.BuildFailure;
import dev.mayfly.build.tool.Scratch;
import dev.mayfly.model.Digest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;

/**
 * What the operator's settings of pip name, made true inside a sandbox: folders are lent, files are copied, and hosts may be reached even where
 * they have private addresses.
 */
record Operator(Scratch scratch) {
    private static final Pattern WORD = Pattern.compile("[^\\s,=\"']+");
    private static final Path SYSTEM = Path.of("/usr");

    /**
     * A setting in the words of the inside.
     *
     * @param name of the setting, for a complaint
     */
    String inside(String name, String value) throws IOException {
        var text = new StringBuilder();
        var words = WORD.matcher(value);
        int done = 0;
        while (words.find()) {
            text.append(value, done, words.start()).append(word(name, words.group()));
            done = words.end();
        }
        return text.append(value.substring(done)).toString();
    }

    private String word(String name, String word) throws IOException {
        if (word.startsWith("http://") || word.startsWith("https://")) {
            reach(name, word);
            return word;
        }
        var scheme = word.startsWith("file:///") ? "file://" : "";
        var place = word.substring(scheme.length());
        return place.startsWith("/") ? scheme + lend(Path.of(place).normalize()) : word;
    }

    private String lend(Path place) throws IOException {
        boolean system = place.startsWith(SYSTEM) || place.getNameCount() == 0;
        if (!system && Files.isDirectory(place)) {
            return scratch.lent().folder(place.toRealPath());
        }
        if (!system && Files.isRegularFile(place)) {
            var copy = Digest.of(place.toString()).hex().substring(0, 8) + "-" + place.getFileName();
            return scratch.inside(copy, Files.newInputStream(place));
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
