package dev.mayfly.build.python;

import dev.mayfly.build.source.Blobs;
import dev.mayfly.build.source.BuildFailure;
import dev.mayfly.build.source.SourceTree;
import dev.mayfly.model.SourceFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Reads a requirements file with the files it includes, as pip does
 * (<a href="https://pip.pypa.io/en/stable/reference/requirements-file-format/">format</a>): enough of it to know when an installation has to
 * be repeated, and which line to blame. What the lines mean is left to pip.
 */
final class RequirementsReader {
    private static final Pattern INCLUDE = Pattern.compile("(?:-r|--requirement|-c|--constraint)[\\s=]*(.+)");
    private static final Pattern EDITABLE = Pattern.compile("(?:-e|--editable)[\\s=]+(.+)");
    private static final Pattern FIND_LINKS = Pattern.compile("(?:-f|--find-links)[\\s=]+(.+)");
    private static final Pattern COMMENT = Pattern.compile("(^|\\s+)#.*$");

    private final SourceTree tree;
    private final Blobs blobs;
    private final List<Requirement> requirements = new ArrayList<>();
    private final Map<String, String> texts = new LinkedHashMap<>();
    private final Map<String, String> rewritten = new LinkedHashMap<>();
    private final TreeMap<String, SourceFile> local = new TreeMap<>();

    RequirementsReader(SourceTree tree, Blobs blobs) {
        this.tree = tree;
        this.blobs = blobs;
    }

    /** Reads the file at a path that exists. */
    Manifest read(String path) {
        var folder = folder(path);
        read(path, folder, "");
        return new Manifest(path, folder, requirements, texts, rewritten, List.copyOf(local.values()));
    }

    private void read(String path, String base, String from) {
        if (texts.containsKey(path)) {
            return;
        }
        var file = tree.file(path)
                .orElseThrow(() ->
                        BuildFailure.of(from + " names " + path + ", which is not in the project", "correct the line"));
        var normal = new StringBuilder();
        texts.put(path, "");
        var text = blobs.text(file);
        for (var line : logicalLines(text)) {
            normal.append(line.text()).append('\n');
            read(line, path, base);
        }
        texts.put(path, normal.toString());
        var plain = text.lines()
                .map(line -> EDITABLE.matcher(line).replaceFirst("$1"))
                .toList();
        if (!plain.equals(text.lines().toList())) {
            rewritten.put(path, String.join("\n", plain) + "\n");
        }
    }

    private void read(Line line, String path, String base) {
        var place = path + ":" + line.number();
        var include = INCLUDE.matcher(line.text());
        var editable = EDITABLE.matcher(line.text());
        var links = FIND_LINKS.matcher(line.text());
        if (include.matches()) {
            var target = unquoted(include.group(1));
            if (!target.contains("://")) {
                read(inside(folder(path), target, place), base, place);
            }
        } else if (links.matches()) {
            var target = unquoted(links.group(1));
            if (!target.contains("://")) {
                addLocal(inside(base, target.replaceFirst("^file:", ""), place));
            }
        } else if (editable.matches() || !line.text().startsWith("-")) {
            var requirement =
                    new Requirement(editable.matches() ? editable.group(1).strip() : line.text(), path, line.number());
            requirements.add(requirement);
            if (!requirement.localPath().isEmpty()) {
                addLocal(inside(base, requirement.localPath(), place));
            }
        }
    }

    private void addLocal(String path) {
        tree.file(path).ifPresent(file -> local.put(path, file));
        tree.below(path).forEach(file -> local.put(file.path(), file));
    }

    private static String inside(String base, String target, String place) {
        var path = Path.of(base).resolve(target).normalize();
        if (path.isAbsolute() || path.startsWith("..")) {
            throw BuildFailure.of(
                    place + " names " + target + ", which is outside of the project",
                    "copy it into the project and name it by a relative path");
        }
        return path.toString();
    }

    /** Lines joined where they end in a backslash, without comments and empty ones. */
    private static List<Line> logicalLines(String text) {
        var found = new ArrayList<Line>();
        var pending = new StringBuilder();
        int number = 0;
        int start = 0;
        for (String raw : text.lines().toList()) {
            number++;
            start = pending.isEmpty() ? number : start;
            boolean continues = raw.endsWith("\\");
            var line = COMMENT.matcher(raw).find() && !continues
                    ? COMMENT.matcher(raw).replaceFirst("")
                    : raw;
            pending.append(continues ? line.substring(0, line.length() - 1) : line);
            if (!continues) {
                addTo(found, pending, start);
            }
        }
        addTo(found, pending, start);
        return found;
    }

    private static void addTo(List<Line> found, StringBuilder pending, int start) {
        var line = pending.toString().strip();
        if (!line.isEmpty()) {
            found.add(new Line(line, start));
        }
        pending.setLength(0);
    }

    private static String unquoted(String text) {
        return text.strip().replaceAll("^[\"']|[\"']$", "");
    }

    static String folder(String path) {
        int slash = path.lastIndexOf('/');
        return slash < 0 ? "" : path.substring(0, slash);
    }

    private record Line(String text, int number) {}
}
