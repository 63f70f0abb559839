package dev.mayfly.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EgressTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "none | none",
                "internet | internet",
                " all  | all",
                "[none] | none",
                "10.0.0.0/8,192.168.1.5/32 | 10.0.0.0/8,192.168.1.5/32",
                "[10.0.0.0/8, 192.168.1.5] | 10.0.0.0/8,192.168.1.5/32",
                "10.0.0.5,10.0.0.5/32 | 10.0.0.5/32",
                "internet,10.0.0.5 | internet,10.0.0.5/32",
                "10.0.0.5,internet | internet,10.0.0.5/32",
                "internet,internet | internet",
                "0.0.0.0/0 | 0.0.0.0/0",
                "2001:DB8:0:0:0:0:0:1 | 2001:db8::1/128",
                "::/0 | ::/0",
                "::1 | ::1/128",
                "fd00:0:0:1::/64 | fd00:0:0:1::/64",
                "1:0:0:2:0:0:0:3 | 1:0:0:2::3/128",
                "1:0:2:3:4:5:6:7 | 1:0:2:3:4:5:6:7/128",
                "64:ff9b::10.0.0.5 | 64:ff9b::a00:5/128",
                "1:2:3:4:5:6:7:: | 1:2:3:4:5:6:7:0/128",
                "1:0:0:2:3:0:0:4 | 1::2:3:0:0:4/128",
            })
    void whatIsWrittenHasOneTextThatReadsBackAsTheSame(String written, String text) {
        var egress = Egress.parse(written);

        assertThat(egress).hasToString(text);
        assertThat(Egress.parse(text)).isEqualTo(egress);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "10.0.0.5/8 | 10.0.0.5/8 (expected: 10.0.0.0/8 for the range, or 10.0.0.5/32 for that address alone)",
                "10.0.0.1/31 | 10.0.0.1/31 (expected: 10.0.0.0/31 for the range, or 10.0.0.1/32 for that address alone)",
                "2001:db8::1/32 | 2001:db8::1/32 (expected: 2001:db8::/32 for the range, or 2001:db8::1/128 for that address alone)",
                "10.0.0.0/33 | 10.0.0.0/33 (expected: a length from 0 to 32, as in 10.0.0.0/32)",
                "::/129 | ::/129 (expected: a length from 0 to 128, as in ::/128)",
                "::ffff:10.0.0.5 | ::ffff:10.0.0.5 (expected: 10.0.0.5, the version 4 address it stands for)",
                "::ffff:0:0/96 | ::ffff:0:0/96 (expected: 0.0.0.0, the version 4 address it stands for)",
                "10.0.0.5,none | none within a list (expected: none alone, or addresses such as 10.0.0.5/32)",
            })
    void whatCannotBeNamesWhatToWrite(String written, String message) {
        assertThatThrownBy(() -> Egress.parse(written))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("egress: " + message);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                ",",
                "10.0.0.5,",
                "Internet",
                "example.com",
                "10.0.0",
                "10.1",
                "167772165",
                "0x0a.0.0.5",
                "010.0.0.5",
                "10.0.0.256",
                "10.0.0.5/",
                "10.0.0.5/-1",
                "10.0.0.5/08x",
                "10.0.0.5:80",
                "10.0.0.5/32/32",
                "fe80::1%eth0",
                "[::1]:80",
                "1::2::3",
                "12345::",
                ":::",
                "1:2",
                "1:2:3:4:5:6:7:8::",
                "1:2:3:4:5:6:7:8:9",
                "1.2.3.4::",
                "::1.2.3.4:5",
                "::1.2.3",
                ":1::",
                "10.0.0.0/8\n0.0.0.0/0",
                "10.0.0.0/8\u0000all",
            })
    void nothingElseIsRead(String written) {
        assertThatThrownBy(() -> Egress.parse(written))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("egress: ")
                .hasMessageContaining("expected: ");
    }

    @Test
    void aListHasAnEnd() {
        var ranges = IntStream.range(0, Egress.MOST_RANGES + 1)
                .mapToObj(n -> new Cidr("10.0.0." + n, 32))
                .toList();

        assertThatThrownBy(() -> new Egress.Only(ranges))
                .hasMessage("egress: 101 ranges (expected: <= 100; join neighbours into wider ones)");
        assertThat(new Egress.Internet(List.of())).isEqualTo(new Egress.Internet());
    }
}
