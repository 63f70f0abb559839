package dev.mayfly.build.python;

import dev.mayfly.build.source.BuildFailure;

/** Shows a mistake as Python does: the place, the line, and a caret below it. */
final class SyntaxProblem {
    private SyntaxProblem() {}

    static RuntimeException of(String file, Analysis.SyntaxFault fault) {
        var message = new StringBuilder(file);
        if (fault.line() > 0) {
            message.append(':').append(fault.line());
        }
        message.append(fault.line() > 0 ? " syntax error: " : " cannot be parsed: ")
                .append(fault.message());
        var line = fault.text().stripTrailing();
        if (!line.isBlank()) {
            int indent = line.length() - line.stripLeading().length();
            message.append("\n    ").append(line.strip());
            if (fault.column() > indent) {
                message.append("\n    ")
                        .append(" ".repeat(fault.column() - 1 - indent))
                        .append('^');
            }
        }
        return BuildFailure.of(
                message.toString(), "correct " + file + (fault.line() > 0 ? " line " + fault.line() : ""));
    }
}
