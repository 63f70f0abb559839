package dev.mayfly.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** How {@code mayfly prove} looks: a line for each check as it is made, and the sum of them. */
final class ProofPage {
    private static final int ATTEMPT_WIDTH = 56;

    private final Paint paint;
    private Check.@org.jspecify.annotations.Nullable Group group;
    private String lastFix = "";

    ProofPage(Paint paint) {
        this.paint = paint;
    }

    /** @param surroundings where it is proven, in a few words */
    String head(String surroundings) {
        return paint.bold("mayfly prove") + "  " + surroundings;
    }

    /** The lines of one check; a group begins with its name, and a fix is said once where it is the same. */
    String lines(Check check) {
        var text = new StringBuilder();
        if (check.group() != group) {
            group = check.group();
            lastFix = "";
            text.append('\n')
                    .append(paint.bold(group.title()))
                    .append(paint.dim("  " + group.about()))
                    .append('\n');
        }
        var gap = " ".repeat(Math.max(2, ATTEMPT_WIDTH - check.attempt().length()));
        text.append("  ")
                .append(mark(check.verdict()))
                .append(' ')
                .append(check.attempt())
                .append(gap);
        text.append(word(check.verdict())).append(check.verdict().seen());
        if (!check.cost().isEmpty()) {
            text.append("\n      cost: ").append(check.cost());
        }
        if (!check.fix().isEmpty() && !check.fix().equals(lastFix)) {
            lastFix = check.fix();
            text.append("\n      fix: ").append(lastFix);
        }
        return text.toString();
    }

    private String mark(Verdict verdict) {
        return switch (verdict) {
            case Verdict.Held held -> paint.green("✓");
            case Verdict.Weak weak -> paint.yellow("~");
            case Verdict.Broken broken -> paint.red("✗");
            case Verdict.Unproven unproven -> paint.red("?");
        };
    }

    private static String word(Verdict verdict) {
        return switch (verdict) {
            case Verdict.Held held -> "";
            case Verdict.Weak weak -> "weak: ";
            case Verdict.Broken broken -> "";
            case Verdict.Unproven unproven -> "not known: ";
        };
    }

    /** How many there are of each kind. */
    record Sum(long held, long weak, long broken, long unproven) {
        static Sum of(List<Check> checks) {
            return new Sum(
                    count(checks, Verdict.Held.class),
                    count(checks, Verdict.Weak.class),
                    count(checks, Verdict.Broken.class),
                    count(checks, Verdict.Unproven.class));
        }

        private static long count(List<Check> checks, Class<? extends Verdict> kind) {
            return checks.stream()
                    .filter(check -> kind.isInstance(check.verdict()))
                    .count();
        }

        /** @param strict whether what is weak fails as well */
        boolean passed(boolean strict) {
            return broken == 0 && unproven == 0 && !(strict && weak > 0);
        }

        long all() {
            return held + weak + broken + unproven;
        }
    }

    String foot(Sum sum, boolean passed, long seconds) {
        var text = new StringBuilder("\n")
                .append(passed ? paint.green("passed") : paint.red("failed"))
                .append("  ")
                .append(sum.held())
                .append(" of ")
                .append(Amounts.count(sum.all(), "check"))
                .append(" held");
        append(text, sum.weak(), " weak");
        append(text, sum.broken(), " broken");
        append(text, sum.unproven(), " not known");
        return text.append(" · ").append(seconds).append(" s").toString();
    }

    private static void append(StringBuilder text, long number, String word) {
        if (number > 0) {
            text.append(" · ").append(number).append(word);
        }
    }

    static JsonObject json(List<Check> checks, Map<String, Object> about, boolean passed) {
        var sum = Sum.of(checks);
        var all = new LinkedHashMap<String, @org.jspecify.annotations.Nullable Object>(about);
        all.put("passed", passed);
        all.put("held", sum.held());
        all.put("weak", sum.weak());
        all.put("broken", sum.broken());
        all.put("unproven", sum.unproven());
        all.put("checks", checks.stream().map(Check::asJson).toList());
        return new JsonObject(all);
    }
}
