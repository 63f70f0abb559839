package dev.mayfly.build.program;

import java.nio.charset.StandardCharsets;

/** What the first bytes of a file say about who can run it. */
sealed interface Magic {
    /** How many bytes it takes to tell; the kernel reads as many of a {@code #!} line. */
    int BYTES = 256;

    /** A script that names its interpreter. */
    record Script(String interpreter) implements Magic {
        /** The kernel would take the end of a Windows line for a part of the name. */
        boolean hasWindowsLineEnd() {
            return interpreter.endsWith("\r");
        }
    }

    /** A program for Linux. */
    record Elf() implements Magic {}

    /** A program for another system. */
    record Foreign(String system) implements Magic {}

    /** Anything else. */
    record Unknown() implements Magic {}

    static Magic of(byte[] head) {
        if (startsWith(head, '#', '!')) {
            var text = new String(head, StandardCharsets.UTF_8);
            int end = text.indexOf('\n');
            return new Script(text.substring(2, end < 0 ? text.length() : end).replaceFirst("^[ \t]+", ""));
        }
        if (startsWith(head, 0x7f, 'E', 'L', 'F')) {
            return new Elf();
        }
        if (startsWith(head, 0xcf, 0xfa, 0xed, 0xfe) || startsWith(head, 0xca, 0xfe, 0xba, 0xbe)) {
            return new Foreign("macOS");
        }
        return startsWith(head, 'M', 'Z') ? new Foreign("Windows") : new Unknown();
    }

    private static boolean startsWith(byte[] head, int... magic) {
        if (head.length < magic.length) {
            return false;
        }
        for (int i = 0; i < magic.length; i++) {
            if ((head[i] & 0xff) != magic[i]) {
                return false;
            }
        }
        return true;
    }
}
