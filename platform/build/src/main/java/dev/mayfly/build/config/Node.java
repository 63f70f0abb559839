package dev.mayfly.build.config;

import java.util.List;
import java.util.Map;

/** What a settings file says, with the lines where it says it. */
sealed interface Node {
    /** The first is 1. */
    int line();

    /** Text, a number, a truth value or nothing, as it is written. */
    record Scalar(String text, boolean nothing, int line) implements Node {}

    /** @param entries in the order of the file */
    record Mapping(Map<String, Entry> entries, int line) implements Node {}

    record Items(List<Node> nodes, int line) implements Node {}

    /** A key with its own line and its value. */
    record Entry(int line, Node value) {}
}
