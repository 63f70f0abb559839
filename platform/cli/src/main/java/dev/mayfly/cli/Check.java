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
        ISOLATION("isolation", "what a function tried to reach"),
        LIMITS("limits", "what a function tried to use up"),
        ZERO("true zero", "what is left of functions that nobody calls"),
        METER("meter", "the bill against the kernel's counters"),
        KILLS("kill and restart", "kill -9 in the middle of requests"),
        LEFTOVERS("nothing left", "what this proof itself leaves behind");

        private final String title;
        private final String about;

        Group(String title, String about) {
            this.title = title;
            this.about = about;
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
        view.put("group", group.title());
        view.put("name", name);
        view.put("attempt", attempt);
        view.put("verdict", switch (verdict) {
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
