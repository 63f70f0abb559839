package dev.mayfly.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mayfly.model.StaticFile;
import java.math.BigInteger;
import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What strangers ask for, as the edge reads it, against a second reading of the same rule or a law that has to hold whatever stands there. */
class TargetNoiseTest {
    private static final long SEED = 20261127;
    private static final int ROUNDS = 5_000;

    private static final Pattern AUTHORITY =
            Pattern.compile("([A-Za-z0-9][A-Za-z0-9._-]{0,252}|\\[[0-9A-Fa-f:.]{2,45}\\])(:[0-9]{0,5})?");
    private static final Pattern RANGE = Pattern.compile("bytes=([0-9]*)-([0-9]*)");
    private static final Site SITE = new Site(TestEdge.deployment());

    static List<Arguments> rules() {
        return List.of(
                rule("Host", TargetNoiseTest::host),
                rule("percent-encoding", TargetNoiseTest::percent),
                rule("query", TargetNoiseTest::query),
                rule("path", TargetNoiseTest::path),
                rule("Range", TargetNoiseTest::range));
    }

    private static Arguments rule(String name, Noise.Round round) {
        return Arguments.of(name, round);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("rules")
    void theRuleHoldsWhateverStandsThere(String name, Noise.Round rule) {
        Noise.rounds(SEED, ROUNDS, rule);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("rules")
    @Tag("soak")
    void theSameForAMillionRoundsOfAFreshSeed(String name, Noise.Round rule) {
        Noise.rounds(System.nanoTime(), 1_000_000, rule);
    }

    @Test
    void aReaderThatIsWrongOnceInAThousandIsFoundOutAndTheRoundIsNamed() {
        assertThatThrownBy(() -> Noise.rounds(
                        SEED,
                        ROUNDS,
                        noise -> assertThat(noise.like("a=b", "c=d")).doesNotContain("%2F=")))
                .isInstanceOf(AssertionError.class)
                .hasMessageMatching("(?s)seed \\d+: .*%2F=.*");
    }

    private static void host(Noise noise) {
        var text = noise.like(
                "hello.localhost",
                "Hello.LocalHost:8080",
                "127.0.0.1:7070",
                "[::1]:80",
                "[2001:DB8::7]",
                "a_b.example.",
                "x:");
        var second = AUTHORITY.matcher(text);
        boolean isOne = second.matches() && (second.group(2) == null || port(second.group(2)) <= 65535);

        var first = Authority.parse(text);

        assertThat(first.isPresent()).isEqualTo(isOne);
        if (first.isPresent()) {
            assertThat(first.get().host()).isEqualTo(withoutDot(second.group(1).toLowerCase(Locale.ROOT)));
            assertThat(first.get().port()).isEqualTo(second.group(2) == null ? -1 : port(second.group(2)));
        }
    }

    private static int port(String colonAndDigits) {
        return colonAndDigits.length() == 1 ? -1 : Integer.parseInt(colonAndDigits.substring(1));
    }

    private static String withoutDot(String host) {
        return host.endsWith(".") ? host.substring(0, host.length() - 1) : host;
    }

    private static void percent(Noise noise) {
        var text = noise.text(40);
        assertThat(Percent.encode(text)).matches("[A-Za-z0-9._~%-]*");
        assertThat(Percent.decode(Percent.encode(text))).isEqualTo(text);

        var raw = noise.like("/api/h%65llo", "%E2%82%AC", "a%20b", "%c3%a9", "%ff", "100%");
        var decoded = Percent.decode(raw);

        if (decoded != null) {
            assertThat(decoded.length()).isLessThanOrEqualTo(raw.length());
            assertThat(URLDecoder.decode(raw.replace("+", "%2B"), StandardCharsets.UTF_8))
                    .isEqualTo(decoded);
        } else {
            assertThat(raw).contains("%");
        }
    }

    /** Whatever a client sends, a function that reads its query however leniently finds the route's value there, once. */
    private static void query(Noise noise) {
        var value = noise.text(10);
        var parameters = List.of(new RoutePattern.Parameter("id", value), new RoutePattern.Parameter("a b", "2"));
        var raw = noise.like(
                "id=5", "x=1&id=2&y=3", "%69d=6&%69%64", "i%64=7&id", "a+b=1&a%20b=2", "&&id==&", "ID=1&id%00=2", "x");

        var query = Objects.requireNonNull(Query.with(raw, parameters));

        assertThat(values(query, "id")).containsExactly(value);
        assertThat(values(query, "a b")).containsExactly("2");
        var kept = Arrays.stream(raw.split("&", -1))
                .filter(pair -> !pair.isEmpty()
                        && !name(pair).equals("id")
                        && !name(pair).equals("a b"))
                .toList();
        assertThat(List.of(query.split("&", -1)).subList(0, kept.size())).isEqualTo(kept);
        assertThat(Query.with(raw, List.of())).isEqualTo(raw);
    }

    private static List<String> values(String query, String name) {
        return Arrays.stream(query.split("&", -1))
                .filter(pair -> name(pair).equals(name))
                .map(pair -> lenient(pair.substring(Math.min(pair.length(), pair.indexOf('=') + 1))))
                .toList();
    }

    private static String name(String pair) {
        int equals = pair.indexOf('=');
        return lenient(equals < 0 ? pair : pair.substring(0, equals));
    }

    /** As Python's unquote_plus: a broken escape stands for itself, what is no UTF-8 for U+FFFD. */
    private static String lenient(String raw) {
        var text = raw.replace('+', ' ').getBytes(StandardCharsets.UTF_8);
        var bytes = ByteBuffer.allocate(text.length);
        for (int i = 0; i < text.length; i++) {
            boolean escape = text[i] == '%'
                    && i + 2 < text.length
                    && Character.digit(text[i + 1], 16) >= 0
                    && Character.digit(text[i + 2], 16) >= 0;
            if (escape) {
                bytes.put((byte) (Character.digit(text[i + 1], 16) << 4 | Character.digit(text[i + 2], 16)));
                i += 2;
            } else {
                bytes.put(text[i]);
            }
        }
        return new String(bytes.array(), 0, bytes.position(), StandardCharsets.UTF_8);
    }

    private static void path(Noise noise) {
        var raw = "/"
                + noise.like(
                        "page.html",
                        "docs/",
                        "docs",
                        "api/hello",
                        "api/items/5",
                        "api/items/a%2Fb",
                        "..",
                        "%2e%2e/page.html",
                        "/page.html");
        switch (SITE.resolve(raw)) {
            case Resolution.File(StaticFile file) -> {
                var plain = Percent.decode(raw);
                assertThat(List.of(plain + "", plain + "/index.html", plain + "index.html"))
                        .contains(file.path());
            }
            case Resolution.Call(var function, var parameters) -> {
                if (function.name().value().equals("api/items/[id]")) {
                    var last = Percent.decode(raw.substring(raw.lastIndexOf('/') + 1));
                    assertThat(last).isNotEmpty();
                    assertThat(parameters).containsExactly(new RoutePattern.Parameter("id", "" + last));
                    assertThat(raw).matches("(?s)/[^/]+/[^/]+/[^/]+");
                } else {
                    assertThat(Percent.decode(raw)).matches("/api/hello(/|\\.py)?");
                    assertThat(parameters).isEmpty();
                }
            }
            case Resolution.Nothing nothing ->
                assertThat(Percent.decode(raw)).isNotIn("/page.html", "/api/hello", "/docs/");
        }
    }

    /** Against RFC 9110, section 14.1.2, with numbers of any length. */
    private static void range(Noise noise) {
        var header = noise.like(
                "bytes=0-3",
                "bytes=2-",
                "bytes=-5",
                "bytes=0-0,2-3",
                "items=0-1",
                "bytes=9-1",
                "bytes=999999999999999999-");
        long size = noise.once(8) ? noise.below(2) : noise.once(8) ? Long.MAX_VALUE : noise.below(20);
        switch (ByteRange.of(header, size)) {
            case ByteRange.Part(long first, long last) -> {
                assertThat(first).isBetween(0L, last);
                assertThat(last).isLessThan(size);
                var said = RANGE.matcher(header.replaceAll("\\s", ""));
                assertThat(said.matches()).isTrue();
                var length = BigInteger.valueOf(size);
                if (said.group(1).isEmpty()) {
                    assertThat(BigInteger.valueOf(first))
                            .isEqualTo(length.subtract(new BigInteger(said.group(2)))
                                    .max(BigInteger.ZERO));
                    assertThat(last).isEqualTo(size - 1);
                } else {
                    assertThat(BigInteger.valueOf(first)).isEqualTo(new BigInteger(said.group(1)));
                    var end = said.group(2).isEmpty() ? length : new BigInteger(said.group(2));
                    assertThat(BigInteger.valueOf(last)).isEqualTo(end.min(length.subtract(BigInteger.ONE)));
                }
            }
            case ByteRange.Unsatisfiable none -> {
                var said = RANGE.matcher(header.replaceAll("\\s", ""));
                assertThat(said.matches()).isTrue();
                assertThat(
                                said.group(1).isEmpty()
                                        ? size == 0 || new BigInteger(said.group(2)).signum() == 0
                                        : new BigInteger(said.group(1)).compareTo(BigInteger.valueOf(size)) >= 0)
                        .isTrue();
            }
            case ByteRange.Whole whole ->
                assertThat(header).doesNotMatch("bytes=([0-9]-|-[0-9])"); // which asks for something
        }
    }
}
