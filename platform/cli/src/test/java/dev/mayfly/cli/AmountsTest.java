package dev.mayfly.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AmountsTest {
    @ParameterizedTest
    @CsvSource({
        "0, 0 ms",
        "20, 0.1 ms",
        "400, 0.4 ms",
        "1400, 1 ms",
        "41000, 41 ms",
        "999400, 999 ms",
        "3200000, 3.2 s",
        "60000000, 60 s",
        "300000000, 5 min"
    })
    void times(long micros, String text) {
        assertThat(Amounts.micros(micros)).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource({
        "0, $0",
        "0.00000004, $0.00000004",
        "0.000000041666, $0.00000004",
        "0.0000000004166, $0.0000000004",
        "1E-10, $0.0000000001",
        "1.5, $1.50000000"
    })
    void prices(BigDecimal price, String text) {
        assertThat(Amounts.dollars(price)).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource({"0, 0 s", "119000, 119 s", "240000, 4 min", "10800000, 3 h", "777600000, 9 d", "-5, 0 s"})
    void ages(long millis, String text) {
        assertThat(Amounts.age(1_000_000, 1_000_000 + millis)).isEqualTo(text);
    }

    @Test
    void the_receipt_of_a_cold_call() {
        var record = new JsonObject(Map.of(
                "cold",
                true,
                "initMicros",
                41_000,
                "runMicros",
                3_100,
                "cpuMicros",
                1_900,
                "price",
                new BigDecimal("0.00000004")));
        assertThat(new Receipt(record, 60_000).line())
                .isEqualTo("cold 41 ms · ran 3 ms · CPU 2 ms · $0.00000004 · back to 0 processes in 60 s");
    }

    @Test
    void the_receipt_of_a_cold_call_says_from_where() {
        var record = Json.object("""
                {"cold":true,"initMicros":97000,"rung":"boot","steps":[{"name":"clone","micros":2000},{"name":"mounts","micros":4200},
                 {"name":"boot","micros":60400},{"name":"load","micros":30000},{"name":"other","micros":20}],
                 "runMicros":3100,"cpuMicros":1900,"price":0}
                """);
        assertThat(new Receipt(record, 0).line())
                .isEqualTo("cold 97 ms from boot (sandbox 6.2, boot 60, load 30) · ran 3 ms · CPU 2 ms · $0");
    }

    @ParameterizedTest
    @CsvSource({"0, 0 ms", "400, 0.4 ms", "2449, 2.4 ms", "12600, 13 ms", "1500000, 1.5 s"})
    void fine(long micros, String text) {
        assertThat(Amounts.fine(micros)).isEqualTo(text);
    }

    @Test
    void the_receipt_of_a_warm_call() {
        var record = new JsonObject(Map.of(
                "cold",
                false,
                "initMicros",
                0,
                "runMicros",
                700,
                "cpuMicros",
                300,
                "price",
                new BigDecimal("0.00000001")));
        assertThat(new Receipt(record, 5_000).line())
                .isEqualTo("warm · ran 0.7 ms · CPU 0.3 ms · $0.00000001 · back to 0 processes in 5 s");
    }
}
