package dev.mayfly.cli;

import static dev.mayfly.cli.FirstCalls.longest;
import static dev.mayfly.cli.FirstCalls.median;
import static dev.mayfly.cli.FirstCalls.times;

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
        var rungs = calls.byRung();
        if (rungs.isEmpty()) {
            return;
        }
        var beside = new Table("STARTED", ">TIMES", ">P50", ">MAX");
        rungs.forEach((rung, samples) -> row(beside, "a function, from " + rung, times(samples)));
        calls.peers().stream()
                .filter(peer -> peer.missing().isEmpty())
                .forEach(peer -> row(beside, peer.what(), peer.micros()));
        beside.print(screen, INDENT);
        calls.peers().stream()
                .filter(peer -> !peer.missing().isEmpty())
                .forEach(peer -> screen.data(INDENT + screen.outPaint().dim(peer.what() + ": " + peer.missing())));
        screen.data("");
        parts(screen, rungs.values().stream().toList());
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
    private static void parts(Screen screen, List<List<Sample>> rungs) {
        var names = new LinkedHashSet<String>();
        rungs.forEach(samples ->
                samples.forEach(sample -> sample.start().phases().forEach(step -> names.add(step.name()))));
        if (names.remove("other")) {
            names.add("other");
        }
        var headings = new ArrayList<>(List.of("P50 OF", ">CLIENT", ">SERVER", ">= QUEUE"));
        names.forEach(name -> headings.add(">+ " + name.toUpperCase(Locale.ROOT)));
        headings.add(">+ HANDLER");
        var table = new Table(headings.toArray(String[]::new));
        for (var samples : rungs) {
            var cells = new ArrayList<>(List.of(
                    samples.getFirst().rung(),
                    Amounts.fine(median(samples, Sample::clientMicros)),
                    Amounts.fine(median(samples, Sample::serverMicros)),
                    Amounts.fine(median(samples, Sample::queueMicros))));
            names.forEach(name -> cells.add(phase(samples, name)));
            cells.add(Amounts.fine(median(samples, Sample::runMicros)));
            table.row(cells.toArray(String[]::new));
        }
        table.print(screen, INDENT);
    }

    private static String phase(List<Sample> samples, String name) {
        var micros = samples.stream().flatMap(sample -> phase(sample, name)).toList();
        return micros.isEmpty() ? "-" : Amounts.fine(median(micros));
    }

    private static Stream<Long> phase(Sample sample, String name) {
        return sample.start().phases().stream()
                .filter(step -> step.name().equals(name))
                .map(ColdStart.Step::micros);
    }
}
