package dev.mayfly.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

final class DoctorCommand implements Command {
    @Override
    public Syntax syntax() {
        return Syntax.of(
                        this,
                        "doctor",
                        "Looks at this machine and its server, and says what to do about what is not fine.")
                .footer("", "Exits with 1 when something is not fine.");
    }

    @Override
    public int run(Mayfly mayfly, Typed typed) {
        var findings = new ArrayList<>(new Doctor(mayfly).findings());
        findings.addAll(ofServer(mayfly));
        var screen = mayfly.screen();
        if (mayfly.json()) {
            var all = findings.stream().map(Doctor.Finding::asJson).toList();
            screen.data(Json.write(new JsonObject(Map.of("findings", all))));
        } else {
            int width = findings.stream()
                    .mapToInt(finding -> finding.subject().length())
                    .max()
                    .orElse(0);
            for (var finding : findings) {
                var mark = mark(finding, screen.outPaint());
                var gap = " ".repeat(width - finding.subject().length() + 2);
                screen.data(mark + finding.subject() + gap + finding.detail());
                if (!finding.fix().isEmpty()) {
                    screen.data(" ".repeat(width + 7) + (finding.fine() ? "" : "fix: ") + finding.fix());
                }
            }
        }
        return findings.stream().allMatch(Doctor.Finding::fine) ? 0 : 1;
    }

    /** What is fine but comes with advice is a note: there is nothing wrong with the machine. */
    private static String mark(Doctor.Finding finding, Paint paint) {
        if (!finding.fine()) {
            return paint.red("FIX  ");
        }
        return finding.fix().isEmpty() ? paint.green("ok   ") : "note ";
    }

    private static List<Doctor.Finding> ofServer(Mayfly mayfly) {
        if (mayfly.address().isEmpty() && new LocalServer(mayfly).running().isEmpty()) {
            return List.of();
        }
        return mayfly.api().get("/doctor").objects("findings").stream()
                .map(Doctor.Finding::of)
                .toList();
    }
}
