package dev.mayfly.build.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mayfly.model.Limits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingTest {
    @Test
    void theDefaultsAsTheyAreWrittenAreTheDefaultsThatHold() {
        var written = new EnumMap<Setting, Object>(Setting.class);
        for (Setting setting : Setting.values()) {
            // What holds without these is said elsewhere: by the kind of worker, the operator of the server, the files
            // of the project.
            if (!List.of(Setting.CONCURRENCY, Setting.EGRESS, Setting.COMMAND, Setting.RESERVED_CONCURRENCY)
                    .contains(setting)) {
                written.put(setting, setting.parse(setting.defaultText()));
            }
        }

        assertThat(Setting.limits(written)).isEqualTo(Limits.DEFAULTS);
        assertThat(Limits.DEFAULTS.concurrency()).isNull();
        assertThat(Limits.DEFAULTS.egress()).isNull();
        assertThat(Limits.DEFAULTS.reservedConcurrency()).isNull();
    }

    @Test
    void everySettingOfAFunctionIsInTheTable() {
        var limits = Arrays.stream(Limits.class.getRecordComponents())
                .map(each -> each.getName())
                .toList();

        assertThat(Arrays.stream(Setting.values()).map(Setting::key).toList())
                .containsAll(limits)
                .hasSize(limits.size()
                        + List.of(Setting.COMMAND, Setting.PROTOCOL).size());
    }

    @ParameterizedTest
    @CsvSource({
        "MEMORY, 1GiB, 1073741824",
        "MEMORY, 300000000, 300000000",
        "CPU, 0.5, 0.5",
        "MAX_INSTANCES, 3, 3",
        "TIMEOUT, 200ms, PT0.2S",
        "IDLE_TIMEOUT, 5m, PT5M",
        "EGRESS, internet, internet",
        "EGRESS, '[10.0.0.5, 10.1.0.0/16]', '10.0.0.5/32,10.1.0.0/16'",
        "ISOLATION, linux, linux",
        "ZYGOTES, off, false",
    })
    void valuesAreWrittenWithTheirUnits(Setting setting, String text, String value) {
        assertThat(setting.parse(text)).hasToString(value);
    }

    @ParameterizedTest
    @CsvSource({
        "MEMORY, 1MiB, memory: 1048576 (expected: >= 16777216)",
        "MEMORY, lots, memory: lots (expected: a size such as 256MiB)",
        "MEMORY, 999999999999999TiB, memory: 999999999999999TiB (expected: a size such as 256MiB)",
        "CPU, 0, cpu: 0.0 (expected: > 0 and <= 1024)",
        "CPU, NaN, cpu: NaN (expected: > 0 and <= 1024)",
        "CONCURRENCY, 0, concurrency: 0 (expected: >= 1)",
        "QUEUE, 1.5, queue: 1.5 (expected: a whole number)",
        "TIMEOUT, 10, 'timeout: 10 (expected: a duration such as 200ms, 2s or 5m)'",
        "INODES, 0, inodes: 0 (expected: >= 1)",
        "PIDS, 4194304, pids: 4194304 (expected: <= 4194303)",
        "EGRESS, 10.0.0.5/8, 'egress: 10.0.0.5/8 (expected: 10.0.0.0/8 for the range, or 10.0.0.5/32 for that address alone)'",
        "EGRESS, example.com, egress: example.com (expected: an address or range such as 10.0.0.5 or 10.0.0.0/8)",
        "ISOLATION, strong, 'isolation: strong (expected: default, none, linux or pod)'",
        "ZYGOTES, never, zygotes: never (expected: on or off)",
        "PROTOCOL, http2, protocol: http2 (expected: http1 or h2c)",
        "ZYGOTES, 'false', zygotes: false (expected: on or off)",
        "REQUEST_HEADERS, 4GiB, requestHeaders: 4GiB (expected: a size such as 256MiB)",
    })
    void aValueThatCannotBeSaysWhatWasExpected(Setting setting, String text, String message) {
        assertThatThrownBy(() -> setting.parse(text)).hasMessage(message);
    }

    @Test
    void theDocumentationListsEverySettingWithItsDefault() throws IOException {
        var page = Files.readString(Path.of("../../docs/configuration.md"));

        for (Setting setting : Setting.values()) {
            assertThat(page)
                    .contains(
                            "| `" + setting.key() + "` | " + setting.defaultText() + " | " + setting.meaning() + " |");
        }
        for (ProjectKey key : ProjectKey.values()) {
            var note = key.honoured() ? "" : " (not supported yet)";
            assertThat(page).contains("| `" + key.key() + "` | " + key.meaning() + note + " |");
        }
        for (BuildKey key : BuildKey.values()) {
            assertThat(page).contains("| `build." + key.key() + "` | " + key.meaning() + " |");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "TIMEOUT, 366d, timeout: 31622400000 (expected: <= 31536000000)",
        "IDLE_TIMEOUT, 200000d, idleTimeout: 17280000000000 (expected: <= 31536000000)",
        "QUEUE_TIMEOUT, 9000h, queueTimeout: 32400000000 (expected: <= 31536000000)",
        "CONCURRENCY, 2000000000, concurrency: 2000000000 (expected: <= 10000)",
    })
    void whatNoArithmeticCouldBearIsRefused(Setting setting, String text, String message) {
        assertThatThrownBy(() -> Setting.limits(new EnumMap<>(Map.of(setting, setting.parse(text)))))
                .hasMessage(message);
    }
}
