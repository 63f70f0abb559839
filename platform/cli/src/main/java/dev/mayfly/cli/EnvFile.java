package dev.mayfly.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

/** A file of variables as people keep them beside a project: {@code NAME=value} lines, {@code export}, quotes and comments. */
final class EnvFile {
    private static final Pattern LINE = Pattern.compile("\\s*(?:export\\s+)?([A-Za-z_][A-Za-z0-9_]*)\\s*=\\s*(.*)");

    private EnvFile() {}

    /** The variables in order. A line that is none of the above is told with its number. */
    static Map<String, String> read(Path file) throws IOException {
        var variables = new LinkedHashMap<String, String>();
        int number = 0;
        for (var line : Files.readAllLines(file)) {
            number++;
            if (line.isBlank() || line.stripLeading().startsWith("#")) {
                continue;
            }
            var matcher = LINE.matcher(line);
            if (!matcher.matches()) {
                throw new Failure(
                        file.getFileName() + " line " + number + " (expected: NAME=value)", "correct that line");
            }
            variables.put(matcher.group(1), value(matcher.group(2).strip()));
        }
        return variables;
    }

    private static String value(String text) {
        char quote = text.isEmpty() ? ' ' : text.charAt(0);
        int end = quote == '\'' || quote == '"' ? closing(text, quote) : -1;
        if (end > 0) {
            var inside = text.substring(1, end);
            return quote == '\'' ? inside : unescape(inside);
        }
        int comment = text.indexOf(" #");
        return comment >= 0 ? text.substring(0, comment).stripTrailing() : text;
    }

    private static int closing(String text, char quote) {
        for (int i = 1; i < text.length(); i++) {
            if (text.charAt(i) == '\\' && quote == '"') {
                i++;
            } else if (text.charAt(i) == quote) {
                return i;
            }
        }
        return -1;
    }

    private static String unescape(String text) {
        var out = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c != '\\' || i + 1 == text.length()) {
                out.append(c);
                continue;
            }
            char next = text.charAt(++i);
            switch (next) {
                case 'n' -> out.append('\n');
                case 't' -> out.append('\t');
                case 'r' -> out.append('\r');
                case '"', '\\', '$' -> out.append(next);
                default -> out.append(c).append(next);
            }
        }
        return out.toString();
    }
}
