package dev.mayfly.cli;

import java.io.IOException;
import java.util.Map;

/** Makes attempts inside of a function, each with its control: the same outside, where it must succeed, so that a probe that does not work is told apart from a barrier. */
record Attempts(Checks checks, Ground ground) {
    static final String CONTROL_FIX = "nothing is known of this barrier; mayfly prove again, as root where you are not";

    /** A check of what a function must not be able to do. */
    void stopped(String name, String attempt, String what, Map<String, Object> details) throws InterruptedException {
        stopped(name, attempt, what, details, what, details);
    }

    /** The same with another control, where the same attempt would need more rights than its user has. */
    void stopped(
            String name,
            String attempt,
            String what,
            Map<String, Object> details,
            String control,
            Map<String, Object> controlDetails)
            throws InterruptedException {
        check(name, attempt, () -> verdict(what, details, control, controlDetails));
    }

    void check(String name, String attempt, Checks.Attempt work) throws InterruptedException {
        checks.check(Check.Group.ISOLATION, name, attempt, work);
    }

    Verdict verdict(String what, Map<String, Object> details) throws IOException, InterruptedException {
        return verdict(what, details, what, details);
    }

    private Verdict verdict(
            String what, Map<String, Object> details, String control, Map<String, Object> controlDetails)
            throws IOException, InterruptedException {
        var outside = ground.outside().attempt(control, controlDetails);
        return outside.reached() ? verdict(ground.inside(what, details)) : controlFailed(outside);
    }

    /** On what came of it inside, where the control has succeeded. */
    Verdict verdict(Attempted inside) {
        return inside.failed()
                ? new Verdict.Unproven("the attempt did not work inside: " + inside.saw(), CONTROL_FIX)
                : Verdict.of(!inside.reached(), inside.saw(), ground.fix());
    }

    static Verdict controlFailed(Attempted outside) {
        return new Verdict.Unproven("control failed, outside it does not work either: " + outside.saw(), CONTROL_FIX);
    }
}
