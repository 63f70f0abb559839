package dev.mayfly.gateway.observe;

/** The header {@code traceparent} of W3C Trace Context, level 1, section 3.2. */
public final class TraceParent {
    private static final int LENGTH = 55;
    private static final int TRACE = 3;
    private static final int PARENT = 36;
    private static final int FLAGS = 53;

    private TraceParent() {}

    /** Whether it is one of this version, or of a later one as far as this one can tell (section 4.3). */
    public static boolean isValid(String header) {
        return header.length() >= LENGTH
                && (header.length() == LENGTH || (!header.startsWith("00") && header.charAt(LENGTH) == '-'))
                && !header.startsWith("ff")
                && header.charAt(TRACE - 1) == '-'
                && header.charAt(PARENT - 1) == '-'
                && header.charAt(FLAGS - 1) == '-'
                && isHex(header, 0, 2)
                && isHex(header, FLAGS, LENGTH)
                && isId(header, TRACE, PARENT - 1)
                && isId(header, PARENT, FLAGS - 1);
    }

    /** Of a valid one. */
    static String traceId(String header) {
        return header.substring(TRACE, PARENT - 1);
    }

    /** Of a valid one. */
    static String parentId(String header) {
        return header.substring(PARENT, FLAGS - 1);
    }

    /** Of a valid one: the lowest of its flags (section 3.2.2.5.1). */
    static boolean isSampled(String header) {
        return (Character.digit(header.charAt(FLAGS + 1), 16) & 1) == 1;
    }

    private static boolean isId(String text, int from, int to) {
        if (!isHex(text, from, to)) {
            return false;
        }
        for (int i = from; i < to; i++) {
            if (text.charAt(i) != '0') {
                return true;
            }
        }
        return false;
    }

    private static boolean isHex(String text, int from, int to) {
        for (int i = from; i < to; i++) {
            char c = text.charAt(i);
            if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) {
                return false;
            }
        }
        return true;
    }
}
