package dev.mayfly.gateway.encoding;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.model.ContentCoding;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which form a client gets of something that is there in all of them, Brotli first. */
class AcceptEncodingTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "plain",
            value = {
                "gzip, deflate, br, zstd     | BR",
                "gzip, deflate               | GZIP",
                "GZip                        | GZIP",
                "x-gzip                      | GZIP",
                "zstd                        | ZSTD",
                "gzip;q=1.0, br;q=0.5        | GZIP",
                "gzip; q=0.001 , br ; Q=0    | GZIP",
                "br;q=0.8, zstd;q=0.801      | ZSTD",
                "*                           | BR",
                "*;q=0.1                     | BR",
                "br;q=0, *                   | ZSTD",
                "gzip;q=0.2, *;q=0.5         | BR",
                "identity                    | plain",
                "identity;q=0.5, gzip;q=0.4  | plain",
                "identity;q=0.5, gzip;q=0.5  | GZIP",
                "identity;q=0, gzip          | GZIP",
                "gzip;q=0                    | plain",
                "*;q=0                       | plain",
                "deflate, compress           | plain",
                "''                          | plain",
                "' , ,,'                     | plain",
                "gzip;q=2                    | plain",
                "gzip;q=1.001                | plain",
                "gzip;q=0.0001               | plain",
                "gzip;q=                     | plain",
                "gzip;q=-1                   | plain",
                "gzip;level=9                | plain",
                "gzip;q=0x1                  | plain",
                "gzip;q=1;q=0                | plain",
                "gzip br                     | plain",
                "gzip;q=1, gzip;q=0          | plain",
                "gzip;q=.5, br;q=0.1         | BR",
            })
    void theBestForm(String header, ContentCoding expected) {
        assertThat(best(header)).isEqualTo(expected);
    }

    @Test
    void severalHeadersAreOneList() {
        assertThat(best("gzip;q=0.5", "zstd")).isEqualTo(ContentCoding.ZSTD);
    }

    @Test
    void whoSaysNothingGetsThePlainForm() {
        assertThat(best()).isNull();
        assertThat(AcceptEncoding.of(List.of()).takesIdentity()).isTrue();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "gzip|true",
                "*;q=0|false",
                "identity;q=0|false",
                "identity;q=0.1, *;q=0|true",
                "*;q=0.5|true",
                "identity;q=0, *|false"
            })
    void whetherThePlainFormIsTaken(String header, boolean taken) {
        assertThat(AcceptEncoding.of(List.of(header)).takesIdentity()).isEqualTo(taken);
    }

    @Test
    void aLongListIsReadOnce() {
        assertThat(best("gzip;q=0.5," + " ,x;q=1,".repeat(8_000) + "br")).isEqualTo(ContentCoding.BR);
    }

    private static @Nullable ContentCoding best(String... headers) {
        return AcceptEncoding.of(List.of(headers)).best(List.of(ContentCoding.values()), each -> each);
    }
}
