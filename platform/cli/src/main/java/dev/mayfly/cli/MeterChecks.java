package dev.mayfly.cli;

import java.io.IOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The bill: against what functions used by their own clocks, against its receipts, and against what the kernel counted for the whole instance. */
final class MeterChecks {
    private static final String FUNCTION = "api/burn";
    /** Has one instance in its life, whose counter is read. */
    private static final String COUNTED = "api/counted";

    private static final long BURN_MILLIS = 500;
    private static final long SLEEP_MILLIS = 500;
    private static final Duration PATIENCE = Duration.ofSeconds(15);
    private static final int BOOKING_LOOKS = 40;
    private static final String FIX = "report this with the output of mayfly doctor";

    private final Checks checks;
    private final Ground ground;
    private final List<JsonObject> receipts = new ArrayList<>();

    MeterChecks(Checks checks, Ground ground) {
        this.checks = checks;
        this.ground = ground;
    }

    void run() throws InterruptedException {
        check("burn", "use " + BURN_MILLIS + " ms of CPU time: charged within 15 %", this::burn);
        check("sleep", "wait for " + SLEEP_MILLIS + " ms: not charged", this::sleep);
        check("receipts", "the bill is the sum of the receipts", this::receipts);
        check("counter", "the bill is what the kernel counted", this::counter);
    }

    private void check(String name, String attempt, Checks.Attempt work) throws InterruptedException {
        checks.check(Check.Group.METER, name, attempt, work);
    }

    private Verdict burn() throws IOException, InterruptedException {
        call("/" + FUNCTION, Map.of("millis", 1)); // it is loaded now, and that is not part of the next call
        var answer = call("/" + FUNCTION, Map.of("millis", BURN_MILLIS));
        long used = answer.json().number("cpuMicros");
        long charged = receipt(answer).number("cpuMicros");
        var seen = "used %.1f ms, charged %.1f ms".formatted(used / 1000.0, charged / 1000.0);
        return used < BURN_MILLIS * 1000
                ? new Verdict.Unproven("control failed: " + seen, FIX)
                : Verdict.of(Math.abs(charged - used) <= used * 0.15, seen, FIX);
    }

    private Verdict sleep() throws IOException, InterruptedException {
        ground.functions().post("/api/sleep", Map.of("millis", 0)).json();
        var receipt = receipt(ground.functions().post("/api/sleep", Map.of("millis", SLEEP_MILLIS)));
        long charged = receipt.number("cpuMicros");
        long ran = receipt.number("runMicros");
        var seen = "ran %d ms, charged %.1f ms".formatted(ran / 1000, charged / 1000.0);
        return ran < SLEEP_MILLIS * 1000
                ? new Verdict.Unproven("control failed: " + seen, FIX)
                : Verdict.of(charged <= ran * 0.15, seen, FIX);
    }

    private Verdict receipts() throws IOException, InterruptedException {
        for (int i = 0; i < 10; i++) {
            call("/" + FUNCTION, Map.of("millis", 3));
        }
        long sum = receipts.stream()
                .mapToLong(receipt -> receipt.number("cpuMicros"))
                .sum();
        var bill = bill(FUNCTION);
        long billed = micros(bill, "cpuMillis");
        var seen = "%d receipts, %d µs; the bill: %d calls, %d µs"
                .formatted(receipts.size(), sum, bill.number("invocations"), billed);
        return sum == 0
                ? new Verdict.Unproven("control failed: " + seen, FIX)
                : Verdict.of(sum == billed && bill.number("invocations") == receipts.size(), seen, FIX);
    }

    private Verdict counter() throws IOException, InterruptedException {
        ground.functions().post("/" + COUNTED, Map.of("millis", 3)).json();
        var counter = KernelCounter.of(ground.server(), COUNTED);
        ground.functions().post("/" + COUNTED, Map.of("millis", 3)).json();
        if (!ground.server().awaitZero(PATIENCE)) {
            return new Verdict.Unproven("its instance does not end", FIX);
        }
        long counted = counter.lastMicros();
        long billed = 0;
        long rest = 0;
        for (int i = 0; i < BOOKING_LOOKS && off(billed + rest, counted, counter); i++) {
            TimeUnit.MILLISECONDS.sleep(50); // the end of an instance is booked a moment after it is seen
            var bill = bill(COUNTED);
            billed = micros(bill, "cpuMillis");
            rest = micros(bill, "unmeteredCpuMillis");
        }
        var seen = "%.1f ms of calls + %.1f ms unmetered; %s: %.1f ms"
                .formatted(billed / 1000.0, rest / 1000.0, counter.source(), counted / 1000.0);
        return counted == 0
                ? new Verdict.Unproven("control failed: " + seen, FIX)
                : Verdict.of(!off(billed + rest, counted, counter), seen, FIX);
    }

    private static boolean off(long billed, long counted, KernelCounter counter) {
        return Math.abs(billed - counted) > counter.toleranceMicros();
    }

    private FunctionCall.Answer call(String path, Map<String, Object> question)
            throws IOException, InterruptedException {
        var answer = ground.functions().post(path, question);
        answer.json();
        receipts.add(receipt(answer));
        return answer;
    }

    private JsonObject receipt(FunctionCall.Answer answer) {
        return Receipt.of(ground.server().api(), "prove", answer.request())
                .orElseThrow(() -> new Failure("there is no receipt of request " + answer.request(), FIX))
                .record();
    }

    /** What the bill says of a function that only these checks call. */
    private JsonObject bill(String function) {
        return ground.server()
                .api()
                .get("/usage?project=prove&function=" + Api.encode(function))
                .object("total");
    }

    private static long micros(JsonObject bill, String millis) {
        return bill.decimal(millis)
                .multiply(BigDecimal.valueOf(1000))
                .setScale(0, RoundingMode.HALF_UP)
                .longValue();
    }
}
