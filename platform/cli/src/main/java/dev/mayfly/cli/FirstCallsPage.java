package dev.mayfly.cli;

import static dev.mayfly.cli.FirstCalls.longest;
import static dev.mayfly.cli.FirstCalls.median;

import dev.mayfly.cli.FirstCalls.Group;
import dev.mayfly.cli.FirstCalls.Sample;
import dev.mayfly.model.ColdStart;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** Cold starts beside what starting a process costs, and where their time went; below the check that measured them. */
final class FirstCallsPage {
    private static final String INDENT = "      ";

    private FirstCallsPage() {}

    static void print(Screen screen, FirstCalls calls) {
        var groups = calls.groups();
        if (groups.isEmpty()) {
            return;
        }
        var beside = new Table("STARTED", ">TIMES", ">P50", ">MAX");
        groups.forEach(group -> row(beside, "a function, from " + group.inWords(), group.micros()));
        calls.peers().stream()
                .filter(peer -> peer.missing().isEmpty())
                .forEach(peer -> row(beside, peer.what(), peer.micros()));
        beside.print(screen, INDENT);
        calls.peers().stream()
                .filter(peer -> !peer.missing().isEmpty())
                .forEach(peer -> screen.data(INDENT + screen.outPaint().dim(peer.what() + ": " + peer.missing())));
        screen.data("");
        parts(screen, groups);
        calls.samples().stream()
                .filter(Sample::cold)
                .map(sample -> sample.start().why().isEmpty()
                        ? ""
                        : sample.rung() + ": " + sample.start().why())
                .filter(why -> !why.isEmpty())
                .distinct()
                .forEach(why -> screen.data(INDENT + screen.outPaint().dim(why)));
    }

    private static void row(Table table, String what, List<Long> micros) {
        table.row(what, String.valueOf(micros.size()), Amounts.fine(median(micros)), Amounts.fine(longest(micros)));
    }

    /** Medians, each of its own column: they need not add up. */
    private static void parts(Screen screen, List<Group> groups) {
        var names = new LinkedHashSet<String>();
        groups.forEach(group ->
                group.samples().forEach(sample -> sample.start().phases().forEach(step -> names.add(step.name()))));
        if (names.remove("other")) {
            names.add("other");
        }
        var headings = new ArrayList<>(List.of("P50 OF", ">CLIENT", ">SERVER", ">QUEUE"));
        names.forEach(name -> headings.add(">" + name.toUpperCase(Locale.ROOT)));
        headings.add(">HANDLER");
        var table = new Table(headings.toArray(String[]::new));
        for (var group : groups) {
            var cells = new ArrayList<>(List.of(
                    group.inWords(),
                    Amounts.fine(group.median(Sample::clientMicros)),
                    Amounts.fine(group.median(Sample::serverMicros)),
                    Amounts.fine(group.median(Sample::queueMicros))));
            names.forEach(name -> cells.add(phase(group, name)));
            cells.add(Amounts.fine(group.median(Sample::runMicros)));
            table.row(cells.toArray(String[]::new));
        }
        table.print(screen, INDENT);
    }

    private static String phase(Group group, String name) {
        var micros =
                group.samples().stream().flatMap(sample -> phase(sample, name)).toList();
        return micros.isEmpty() ? "-" : Amounts.fine(median(micros));
    }

    private static Stream<Long> phase(Sample sample, String name) {
        return sample.start().phases().stream()
                .filter(step -> step.name().equals(name))
                .map(ColdStart.Step::micros);
    }
}
