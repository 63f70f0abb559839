package dev.mayfly.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Makes checks one after the other and keeps what came of them. One that goes wrong in an unforeseen way proves nothing, and says so. */
final class Checks {
    /** One check: what is done, and what follows from what was seen. */
    interface Attempt {
        Verdict verdict() throws IOException, InterruptedException;
    }

    private final List<Check> made = new ArrayList<>();
    private final Consumer<String> begins;
    private final Consumer<Check> done;

    /**
     * @param begins told what is tried next
     * @param done told what came of it
     */
    Checks(Consumer<String> begins, Consumer<Check> done) {
        this.begins = begins;
        this.done = done;
    }

    /** Makes one check. @throws InterruptedException when the proof is to end */
    void check(Check.Group group, String name, String attempt, Attempt work) throws InterruptedException {
        begins.accept(attempt);
        add(new Check(group, name, attempt, verdict(work)));
    }

    private static Verdict verdict(Attempt work) throws InterruptedException {
        try {
            return work.verdict();
        } catch (IOException e) {
            return new Verdict.Unproven("it could not be tried: " + e.getMessage(), "mayfly prove again");
        } catch (Failure e) {
            return new Verdict.Unproven("it could not be tried: " + e.message(), e.fix());
        }
    }

    private void add(Check check) {
        made.add(check);
        done.accept(check);
    }

    List<Check> all() {
        return List.copyOf(made);
    }
}
