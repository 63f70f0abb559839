package dev.mayfly.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CertificatesTest {
    @ParameterizedTest
    @CsvSource({
        "a.example, true",
        "A.example, true",
        "x.b.example, true",
        "b.example, false",
        "x.y.b.example, false",
        "a.example.org, false",
        "example, false"
    })
    void aStarStandsForOneLabel(String host, boolean covered) {
        var certificates =
                new Certificates(List.of(TestCertificates.pair(TestCertificates.bundle("a.example", "*.b.example"))));

        assertThat(certificates.covers(host)).isEqualTo(covered);
    }
}
