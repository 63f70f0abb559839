package dev.mayfly.cli;

import java.util.ArrayList;
import java.util.List;

/** Aligned columns, two spaces apart. A heading that starts with {@code >} aligns its column to the right. */
final class Table {
    private final List<List<String>> rows = new ArrayList<>();
    private final boolean[] right;

    Table(String... headings) {
        right = new boolean[headings.length];
        var first = new ArrayList<String>(headings.length);
        for (int i = 0; i < headings.length; i++) {
            right[i] = headings[i].startsWith(">");
            first.add(right[i] ? headings[i].substring(1) : headings[i]);
        }
        rows.add(first);
    }

    void row(String... cells) {
        if (cells.length != right.length) {
            throw new IllegalArgumentException("cells: " + cells.length + " (expected: " + right.length + ")");
        }
        rows.add(List.of(cells));
    }

    /** Writes it as data, its headings dim. */
    void print(Screen screen) {
        print(screen, "");
    }

    /** @param indent before each line */
    void print(Screen screen, String indent) {
        var lines = lines();
        for (int i = 0; i < lines.size(); i++) {
            var line = indent + lines.get(i);
            screen.data(i == 0 ? screen.outPaint().dim(line) : line);
        }
    }

    /** Its headings first. */
    List<String> lines() {
        var widths = new int[right.length];
        for (var row : rows) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], width(row.get(i)));
            }
        }
        return rows.stream().map(row -> line(row, widths)).toList();
    }

    private String line(List<String> row, int[] widths) {
        var line = new StringBuilder();
        for (int i = 0; i < widths.length; i++) {
            var cell = row.get(i);
            var gap = " ".repeat(widths[i] - width(cell));
            line.append(i == 0 ? "" : "  ").append(right[i] ? gap + cell : cell + gap);
        }
        return line.toString().stripTrailing();
    }

    private static int width(String cell) {
        return cell.codePointCount(0, cell.length());
    }
}
