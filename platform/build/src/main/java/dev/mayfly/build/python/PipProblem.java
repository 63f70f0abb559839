package dev.mayfly.build.python;

import dev.mayfly.build.source.BuildFailure;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.Problem;
import dev.mayfly.provider.ToolRuns;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/** Listens to pip, and when it fails says which line of the manifest it failed on, in pip's own words. */
final class PipProblem {
    private static final int MOST = 200;
    private static final Pattern PLACE =
            Pattern.compile("from -r (\\S+) \\(line (\\d+)\\)|from line (\\d+) of (\\S+?)\\)");

    private final Manifest manifest;
    private final List<String> errors = new ArrayList<>();
    private String last = "pip failed without saying why";

    PipProblem(Manifest manifest) {
        this.manifest = manifest;
    }

    void hear(String line) {
        var text = line.strip();
        last = text.isEmpty() ? last : text;
        // What follows an error explains it.
        boolean matters = !errors.isEmpty() || text.startsWith("ERROR:") || text.startsWith("error:");
        if (matters && errors.size() < MOST) {
            errors.add(text);
        }
    }

    /** @param obstacle what kept pip from reaching anything */
    RuntimeException asException(Optional<ToolRuns.Obstacle> obstacle) {
        var words = decisive();
        if (words.contains("[Errno 28]")) {
            return new Problem(
                            ErrorCode.INSUFFICIENT_STORAGE,
                            "the disk is full\n" + words,
                            "free some space on the server")
                    .asException();
        }
        var guilty = requirement();
        var place = guilty.map(each -> each.place() + " cannot be installed: " + each.text())
                .orElseGet(() -> manifest.path() + " cannot be installed");
        if (obstacle.isPresent()) {
            return Unreachable.failure(place + "\n" + words, obstacle.get());
        }
        return BuildFailure.of(
                place + "\n" + words,
                guilty.map(each -> "change " + each.place()).orElseGet(() -> "change " + manifest.path()));
    }

    /** The last error, unless it only says that there was one. */
    private String decisive() {
        return errors.reversed().stream()
                .filter(line -> line.startsWith("ERROR:"))
                .findFirst()
                .or(() -> errors.stream().findFirst())
                .orElse(last);
    }

    private Optional<Requirement> requirement() {
        var heard = String.join("\n", errors).toLowerCase(Locale.ROOT);
        var told = told(heard);
        if (told.isPresent()) {
            return told;
        }
        var whole = manifest.requirements().stream()
                .filter(each -> heard.contains(bare(each.text())))
                .max(Comparator.comparingInt(each -> each.text().length()));
        return whole.or(() -> manifest.requirements().stream()
                .filter(each -> !each.name().isEmpty() && names(heard, each.name()))
                .findFirst());
    }

    /** The line that pip itself names. */
    private Optional<Requirement> told(String heard) {
        var place = PLACE.matcher(heard);
        if (!place.find()) {
            return Optional.empty();
        }
        int line = Integer.parseInt(place.group(2) != null ? place.group(2) : place.group(3));
        var file = place.group(1) != null ? place.group(1) : place.group(4);
        var all = manifest.requirements();
        if (manifest.isPyProject()) {
            return Optional.of(line).filter(each -> each <= all.size()).map(each -> all.get(each - 1));
        }
        return all.stream()
                .filter(each -> each.line() == line
                        && each.file().toLowerCase(Locale.ROOT).endsWith(file))
                .findFirst();
    }

    /** Without options, markers and spaces that pip writes in another way. */
    private static String bare(String requirement) {
        return requirement.split("\\s*;|\\s+--", 2)[0].replace(" ", "").toLowerCase(Locale.ROOT);
    }

    private static boolean names(String heard, String name) {
        var pattern = Pattern.quote(name.toLowerCase(Locale.ROOT)).replace("-", "\\E[-_.]\\Q");
        return Pattern.compile("(?<![a-z0-9._-])" + pattern + "(?![a-z0-9_-])")
                .matcher(heard)
                .find();
    }
}
