package dev.mayfly.gateway;

import dev.mayfly.model.InvocationId;
import dev.mayfly.model.Problem;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A problem as its reader wants it: JSON, HTML or text. Nothing in it is trusted to be free of markup, or of what acts on a terminal.
 *
 * @param paths what would have worked; may be empty
 * @param traceback the last error output of the function, where that is shown; empty: none
 */
record ErrorPage(Problem problem, InvocationId requestId, List<String> paths, String traceback) {
    private static final String SAID = "Its last error output, which this server shows because of --show-tracebacks:";

    ErrorPage(Problem problem, InvocationId requestId, List<String> paths) {
        this(problem, requestId, paths, "");
    }

    /** The forms of a page. */
    enum Form {
        JSON("application/json"),
        HTML("text/html; charset=utf-8"),
        TEXT("text/plain; charset=utf-8");

        private final String contentType;

        Form(String contentType) {
            this.contentType = contentType;
        }

        String contentType() {
            return contentType;
        }

        /** By the Accept header: whoever names JSON gets JSON, whoever names HTML gets HTML, all others text. */
        static Form accepted(@Nullable String accept) {
            var wanted = accept == null ? "" : accept.toLowerCase(Locale.ROOT);
            return wanted.contains("json") ? JSON : wanted.contains("html") ? HTML : TEXT;
        }
    }

    String in(Form form) {
        return switch (form) {
            case JSON -> json();
            case HTML -> html();
            case TEXT -> text();
        };
    }

    /** In one line, for where there is no room for more. */
    String line() {
        var fix = problem.fix().isEmpty() ? "" : "; " + problem.fix();
        return problem.message() + fix + " (" + problem.code().code() + ", request " + requestId + ")";
    }

    private String json() {
        var out = new StringBuilder("{\"error\":{\"code\":");
        quote(out, problem.code().code());
        quote(out.append(",\"message\":"), problem.message());
        if (!problem.fix().isEmpty()) {
            quote(out.append(",\"fix\":"), problem.fix());
        }
        quote(out.append(",\"requestId\":"), requestId.toString());
        if (!paths.isEmpty()) {
            out.append(",\"paths\":[");
            for (int i = 0; i < paths.size(); i++) {
                quote(i == 0 ? out : out.append(','), paths.get(i));
            }
            out.append(']');
        }
        if (!traceback.isEmpty()) {
            quote(out.append(",\"traceback\":"), traceback);
        }
        return out.append("}}\n").toString();
    }

    private String html() {
        int status = problem.code().status();
        var out = new StringBuilder("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>")
                .append(status)
                .append(
                        "</title><style>body{font:16px/1.5 system-ui,sans-serif;max-width:42rem;margin:4rem auto;padding:0 1rem}"
                                + "pre{white-space:pre-wrap;overflow-wrap:anywhere}small{color:#666}</style></head>\n<body><h1>")
                .append(status)
                .append("</h1>\n<pre>");
        escape(out, problem.message());
        out.append("</pre>\n");
        if (!problem.fix().isEmpty()) {
            escape(out.append("<pre>"), problem.fix());
            out.append("</pre>\n");
        }
        if (!paths.isEmpty()) {
            out.append("<ul>\n");
            for (var path : paths) {
                out.append("<li>");
                if (path.contains("[")) {
                    escape(out, path);
                } else {
                    escape(out.append("<a href=\""), linkTo(path));
                    escape(out.append("\">"), path);
                    out.append("</a>");
                }
                out.append("</li>\n");
            }
            out.append("</ul>\n");
        }
        if (!traceback.isEmpty()) {
            escape(out.append("<p>").append(SAID).append("</p>\n<pre>"), traceback);
            out.append("</pre>\n");
        }
        escape(out.append("<p><small>"), problem.code().code());
        return out.append(" · request ")
                .append(requestId)
                .append("</small></p></body></html>\n")
                .toString();
    }

    private String text() {
        var out = new StringBuilder(Printable.lines(problem.message())).append('\n');
        if (!problem.fix().isEmpty()) {
            out.append(Printable.lines(problem.fix())).append(paths.isEmpty() ? "\n" : ":\n");
        }
        for (var path : paths) {
            out.append("  ").append(Printable.line(path)).append('\n');
        }
        if (!traceback.isEmpty()) {
            out.append('\n')
                    .append(SAID)
                    .append('\n')
                    .append(Printable.lines(traceback))
                    .append('\n');
        }
        return out.append('\n')
                .append(problem.code().code())
                .append(" (request ")
                .append(requestId)
                .append(")\n")
                .toString();
    }

    private static String linkTo(String path) {
        var link = new StringBuilder();
        for (var segment : path.substring(1).split("/", -1)) {
            link.append('/').append(Percent.encode(segment));
        }
        return link.toString();
    }

    private static void escape(StringBuilder out, String untrusted) {
        var text = Printable.lines(untrusted);
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '<' -> out.append("&lt;");
                case '>' -> out.append("&gt;");
                case '&' -> out.append("&amp;");
                case '"' -> out.append("&quot;");
                case '\'' -> out.append("&#39;");
                default -> out.append(c);
            }
        }
    }

    private static void quote(StringBuilder out, String text) {
        out.append('"');
        text.codePoints().map(Printable::whole).forEach(c -> {
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                default -> {
                    if (Printable.acts(c) || Character.isSupplementaryCodePoint(c)) {
                        for (char unit : Character.toChars(c)) {
                            out.append(String.format(Locale.ROOT, "\\u%04x", (int) unit));
                        }
                    } else {
                        out.appendCodePoint(c);
                    }
                }
            }
        });
        out.append('"');
    }
}
