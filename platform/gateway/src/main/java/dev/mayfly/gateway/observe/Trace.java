package dev.mayfly.gateway.observe;

import org.jspecify.annotations.Nullable;

/**
 * Where a request stands in a trace (W3C Trace Context, level 1). Ids are in lower-case hexadecimal digits.
 *
 * @param id of the trace, 32 digits
 * @param parent the span of the client that the request is part of, 16 digits; empty: the trace begins here
 * @param call the span that the function was told to be part of, 16 digits; empty: it was told what the client said, or nothing
 * @param recorded whether spans of it are wanted
 */
public record Trace(String id, String parent, String call, boolean recorded) {
    /** What a {@code traceparent} says; null where it is missing or not valid. */
    public static @Nullable Trace read(@Nullable String header) {
        return header != null && TraceParent.isValid(header)
                ? new Trace(
                        TraceParent.traceId(header), TraceParent.parentId(header), "", TraceParent.isSampled(header))
                : null;
    }

    /** The same trace, with a span of ours for the function to be part of. */
    public Trace calling(String span) {
        return new Trace(id, parent, span, recorded);
    }

    /** The {@code traceparent} for the function. */
    public String header() {
        return "00-" + id + '-' + call + (recorded ? "-01" : "-00");
    }
}
