package dev.mayfly.gateway;

import io.vertx.core.MultiMap;

/**
 * Headers and trailers of an instance that speaks HTTP/2. Its frames can carry what no other protocol can, such as the end of a line, and Netty takes
 * them as they are (RFC 9113, sections 8.1 and 8.2.1).
 */
final class H2cFields {
    private H2cFields() {}

    /** @throws IllegalArgumentException when a recipient may read something else than was said */
    static void require(MultiMap fields) {
        for (var field : fields) {
            if (!isName(field.getKey())) {
                throw new IllegalArgumentException("it sent a header whose name is none");
            }
            if (!isValue(field.getValue())) {
                throw new IllegalArgumentException("its header " + field.getKey() + " has more than one line");
            }
        }
    }

    private static boolean isName(String name) {
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (c <= ' ' || c >= 0x7F || c == ':') {
                return false;
            }
        }
        return !name.isEmpty();
    }

    private static boolean isValue(String value) {
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '\r' || c == '\n' || c == 0) {
                return false;
            }
        }
        return true;
    }
}
