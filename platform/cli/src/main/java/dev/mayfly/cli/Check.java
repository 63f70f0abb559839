package dev.mayfly.cli;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One line of {@code mayfly prove}.
 *
 * @param name for programs; never changes
 * @param attempt what was tried, for people
 */
record Check(Group group, String name, String attempt, Verdict verdict) {
    /** What a check is about, in the order of the page. */
    enum Group {
        ISOLATION("isolation", "isolation", "what a function tried to reach"),
        LIMITS("limits", "limits", "what a function tried to use up"),
        ZERO("zero", "true zero", "what is left of functions that nobody calls"),
        METER("meter", "meter", "the bill against the kernel's counters"),
        COLD(
                "cold",
                "cold start",
                "first calls of functions, beside what starting a process costs; measured, not judged"),
        KILLS("kills", "kill and restart", "kill -9 in the middle of requests"),
        LEFTOVERS("leftovers", "nothing left", "what this proof itself leaves behind");

        private final String word;
        private final String title;
        private final String about;

        Group(String word, String title, String about) {
            this.word = word;
            this.title = title;
            this.about = about;
        }

        /** For programs and command lines. */
        String word() {
            return word;
        }

        String title() {
            return title;
        }

        String about() {
            return about;
        }
    }

    /** {@code {"group","name","attempt","verdict":"held|weak|broken|unproven","seen","cost","fix"}}; the last two are empty where they say nothing. */
    Map<String, Object> asJson() {
        var view = new LinkedHashMap<String, Object>();
        view.put("group", group.word());
        view.put("name", name);
        view.put("attempt", attempt);
        view.put(
                "verdict",
                switch (verdict) {
                    case Verdict.Held held -> "held";
                    case Verdict.Weak weak -> "weak";
                    case Verdict.Broken broken -> "broken";
                    case Verdict.Unproven unproven -> "unproven";
                });
        view.put("seen", verdict.seen());
        view.put("cost", cost());
        view.put("fix", fix());
        return view;
    }

    String cost() {
        return verdict instanceof Verdict.Weak weak ? weak.cost() : "";
    }

    String fix() {
        return switch (verdict) {
            case Verdict.Held held -> "";
            case Verdict.Weak weak -> weak.fix();
            case Verdict.Broken broken -> broken.fix();
            case Verdict.Unproven unproven -> unproven.fix();
        };
    }
}
