package dev.mayfly.gateway;

import dev.mayfly.model.InvocationId;
import dev.mayfly.model.Problem;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A problem as its reader wants it: JSON, HTML or text. Nothing in it is trusted to be free of markup.
 *
 * @param paths what would have worked; may be empty
 */
record ErrorPage(Problem problem, InvocationId requestId, List<String> paths) {

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
        return out.append("}}\n").toString();
    }

    private String html() {
        int status = problem.code().status();
        var out = new StringBuilder("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>")
                .append(status)
                .append(
                        "</title><style>body{font:16px/1.5 system-ui,sans-serif;max-width:42rem;margin:4rem auto;padding:0 1rem}"
                                + "pre{white-space:pre-wrap}small{color:#666}</style></head>\n<body><h1>")
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
        escape(out.append("<p><small>"), problem.code().code());
        return out.append(" · request ")
                .append(requestId)
                .append("</small></p></body></html>\n")
                .toString();
    }

    private String text() {
        var out = new StringBuilder(printable(problem.message())).append('\n');
        if (!problem.fix().isEmpty()) {
            out.append(problem.fix()).append(paths.isEmpty() ? "\n" : ":\n");
        }
        for (var path : paths) {
            out.append("  ").append(printable(path)).append('\n');
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

    /** A reader at a terminal is not to be told what to do by a path that somebody else made up; lines stay lines. */
    private static String printable(String text) {
        return text.chars().noneMatch(Character::isISOControl) ? text : text.replaceAll("[\\p{Cc}&&[^\n]]", "\u00b7");
    }

    private static void escape(StringBuilder out, String text) {
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
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                default -> {
                    if (c < 0x20 || c == 0x7F || Character.isSurrogate(c)) {
                        out.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        out.append('"');
    }
}
