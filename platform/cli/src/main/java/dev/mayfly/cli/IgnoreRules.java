package dev.mayfly.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The rules of {@code .vercelignore} and {@code .mayflyignore}, in the syntax of gitignore (https://git-scm.com/docs/gitignore): the last
 * rule that matches wins. A file below an ignored folder stays ignored whatever follows, because the walk never enters that folder.
 */
final class IgnoreRules {
    private record Rule(Pattern pattern, boolean negated, boolean folderOnly) {}

    private final List<Rule> rules = new ArrayList<>();

    IgnoreRules(List<String> lines) {
        for (var line : lines) {
            add(line);
        }
    }

    /** @param path relative to the folder that holds the rules, with {@code /} */
    boolean ignores(String path, boolean folder) {
        boolean ignored = false;
        for (var rule : rules) {
            if ((folder || !rule.folderOnly()) && rule.pattern().matcher(path).matches()) {
                ignored = !rule.negated();
            }
        }
        return ignored;
    }

    private void add(String line) {
        var text = withoutTrailingSpaces(line.endsWith("\r") ? line.substring(0, line.length() - 1) : line);
        if (text.isEmpty() || text.startsWith("#")) {
            return;
        }
        boolean negated = text.startsWith("!");
        text = negated ? text.substring(1) : text;
        boolean folderOnly = text.endsWith("/");
        text = folderOnly ? text.substring(0, text.length() - 1) : text;
        boolean anchored = text.indexOf('/') >= 0;
        text = text.startsWith("/") ? text.substring(1) : text;
        if (!text.isEmpty()) {
            var prefix = anchored ? "" : "(?:.*/)?";
            rules.add(new Rule(Pattern.compile(prefix + expression(text), Pattern.DOTALL), negated, folderOnly));
        }
    }

    /** Trailing spaces do not count unless a backslash quotes them. */
    private static String withoutTrailingSpaces(String line) {
        int end = line.length();
        while (end > 0 && line.charAt(end - 1) == ' ' && !(end > 1 && line.charAt(end - 2) == '\\')) {
            end--;
        }
        return line.substring(0, end);
    }

    private static String expression(String glob) {
        var regex = new StringBuilder();
        int i = 0;
        while (i < glob.length()) {
            char c = glob.charAt(i);
            boolean segmentStart = i == 0 || glob.charAt(i - 1) == '/';
            if (segmentStart && glob.startsWith("**/", i)) {
                regex.append("(?:.*/)?");
                i += 3;
            } else if (segmentStart && glob.substring(i).equals("**")) {
                regex.append(".+");
                i += 2;
            } else if (c == '*') {
                regex.append("[^/]*");
                i++;
            } else if (c == '?') {
                regex.append("[^/]");
                i++;
            } else if (c == '[' && glob.indexOf(']', i + 2) > 0) {
                int end = glob.indexOf(']', i + 2);
                regex.append("(?!/)").append(characterClass(glob.substring(i + 1, end)));
                i = end + 1;
            } else {
                boolean quoted = c == '\\' && i + 1 < glob.length();
                regex.append(Pattern.quote(String.valueOf(quoted ? glob.charAt(i + 1) : c)));
                i += quoted ? 2 : 1;
            }
        }
        return regex.toString();
    }

    private static String characterClass(String inside) {
        boolean negated = inside.startsWith("!") || inside.startsWith("^");
        var members = (negated ? inside.substring(1) : inside)
                .replace("\\", "\\\\")
                .replace("[", "\\[")
                .replace("&&", "&\\&");
        return "[" + (negated ? "^" : "") + members + "]";
    }
}
