package dev.mayfly.build.python;

import java.util.ArrayList;
import java.util.List;

/** A file of pip's configuration, taken apart the way Python's {@code configparser} does. */
final class ConfigurationText {
    private ConfigurationText() {}

    /**
     * One line of a value. All parts, one after the other, are the file.
     *
     * @param before what comes before the value: the key, or white space, or a line that is no setting
     * @param key of the setting; empty when there is none
     * @param value with the end of its line
     */
    record Part(String before, String key, String value) {}

    static List<Part> parts(String text) {
        var parts = new ArrayList<Part>();
        var key = "";
        int indent = 0;
        for (var line : text.split("(?<=\n)", -1)) {
            var content = line.strip();
            int start = line.indexOf(content);
            if (content.isEmpty() || content.startsWith("#") || content.startsWith(";")) {
                parts.add(new Part(line, "", ""));
            } else if (!key.isEmpty() && start > indent) {
                parts.add(new Part(line.substring(0, start), key, line.substring(start)));
            } else if (content.startsWith("[")) {
                key = "";
                parts.add(new Part(line, "", ""));
            } else {
                int end = delimiter(line);
                key = line.substring(0, end).strip();
                indent = start;
                int value = Math.min(end + 1, line.length());
                parts.add(new Part(line.substring(0, value), key, line.substring(value)));
            }
        }
        return parts;
    }

    private static int delimiter(String line) {
        for (int i = 0; i < line.length(); i++) {
            if (line.charAt(i) == '=' || line.charAt(i) == ':') {
                return i;
            }
        }
        return line.length();
    }
}
