package dev.mayfly.build.config;

import java.util.regex.Pattern;

/**
 * A pattern over paths: {@code *} within a folder, {@code **} across folders, {@code ?} one character, {@code {a,b}} one of them. Brackets
 * stand for themselves, since they are part of the names of dynamic functions.
 */
record Glob(String text) {
    boolean matches(String path) {
        return text.equals(path) || Pattern.matches(regex(), path);
    }

    /** Whether it names more than one path. */
    boolean isPattern() {
        return text.matches(".*[*?{].*");
    }

    private String regex() {
        var regex = new StringBuilder();
        int braces = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (text.startsWith("**/", i)) {
                regex.append("(?:.*/)?");
                i += 2;
            } else if (text.startsWith("**", i)) {
                regex.append(".*");
                i++;
            } else if (c == '*') {
                regex.append("[^/]*");
            } else if (c == '?') {
                regex.append("[^/]");
            } else if (c == '{' && text.indexOf('}', i) > 0) {
                regex.append("(?:");
                braces++;
            } else if (c == '}' && braces > 0) {
                regex.append(')');
                braces--;
            } else if (c == ',' && braces > 0) {
                regex.append('|');
            } else {
                regex.append(Pattern.quote(String.valueOf(c)));
            }
        }
        return regex.append(")".repeat(braces)).toString();
    }
}
