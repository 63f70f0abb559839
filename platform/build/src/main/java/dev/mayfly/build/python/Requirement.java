package dev.mayfly.build.python;

import java.util.regex.Pattern;

/**
 * One line of a manifest.
 *
 * @param text without its comment
 */
record Requirement(String text, String file, int line) {
    private static final Pattern NAME = Pattern.compile("^[A-Za-z0-9][A-Za-z0-9._-]*");
    private static final Pattern ARCHIVE = Pattern.compile(".*\\.(whl|zip|tar\\.gz|tgz|tar\\.bz2)$");

    /** The distribution's name; empty for paths and addresses. */
    String name() {
        var matcher = NAME.matcher(text);
        if (!matcher.find() || !localPath().isEmpty()) {
            return "";
        }
        var rest = text.substring(matcher.end());
        return rest.startsWith(":") || rest.startsWith("/") ? "" : matcher.group();
    }

    /** What it names on the disk, relative to where pip runs; empty when it names a distribution or an address. */
    String localPath() {
        var named = text.split("\\s+@\\s+", 2);
        var target = named[named.length - 1].split("\\s*;|\\s+--|\\s", 2)[0].replaceFirst("\\[[^\\]]*\\]$", "");
        if (target.startsWith("file:")) {
            return target.replaceFirst("^file:(//(localhost)?(?=/))?", "");
        }
        if (target.contains("://")) {
            return "";
        }
        return target.startsWith(".")
                        || target.contains("/")
                        || ARCHIVE.matcher(target).matches()
                ? target
                : "";
    }

    String place() {
        return file + ":" + line;
    }
}
