package dev.mayfly.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.gateway.observe.TraceParent;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.InvocationId;
import dev.mayfly.model.Problem;
import io.vertx.core.MultiMap;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.json.JsonMapper;

/** What strangers say of themselves, as the edge reads it and shows it, against a second reading of the same rule or a law that has to hold. */
class HeaderNoiseTest {
    private static final long SEED = 20261127;
    private static final int ROUNDS = 5_000;

    private static final Pattern TRACE_PARENT = Pattern.compile(
            "(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:(?<!^00.{53})-.*)?",
            Pattern.DOTALL);

    private static final AddressRanges TRUSTED = AddressRanges.parse("--x", "10.0.0.0/8,2001:db8::/32");
    private static final List<String> NODES = List.of(
            "192.0.2.1",
            "10.0.0.7",
            "10.1.2.3:4711",
            "[2001:db8::7]:80",
            "2001:db8::1",
            "[::ffff:10.0.0.1]",
            "unknown",
            "_hidden",
            "203.0.113.9:_port",
            "::1",
            "::ffff:192.0.2.1",
            "fe80::1",
            "1:2:3:4:5:6:7:8",
            "64:ff9b::192.0.2.33");

    static List<Arguments> rules() {
        return List.of(
                rule("address", HeaderNoiseTest::address),
                rule("Forwarded", HeaderNoiseTest::forwarded),
                rule("Forwarded as it is written", HeaderNoiseTest::forwardedAsWritten),
                rule("X-Forwarded-For", HeaderNoiseTest::client),
                rule("traceparent", HeaderNoiseTest::traceParent),
                rule("X-Request-Id", HeaderNoiseTest::requestId),
                rule("Accept, and pages of errors", HeaderNoiseTest::errorPage));
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

    private static void address(Noise noise) throws Exception {
        var bytes = ByteBuffer.allocate(noise.once(3) ? 4 : 16);
        while (bytes.hasRemaining()) {
            bytes.put((byte) (noise.once(3) ? noise.below(256) : 0));
        }
        var any = IpAddress.of(InetAddress.getByAddress(bytes.array()));
        assertThat(IpAddress.parse(any.toString())).isEqualTo(any);
        assertThat(any.toString()).matches("[0-9a-f:.]+");

        var text = noise.like(NODES);
        var parsed = IpAddress.parse(text);

        if (parsed != null) {
            assertThat(parsed).isEqualTo(IpAddress.of(InetAddress.ofLiteral(text)));
        }
        var node = ForwardedNode.address(text);
        if (parsed != null) {
            assertThat(node).isEqualTo(parsed);
        } else if (node != null) {
            assertThat(text).contains(":"); // a port, or brackets
        }
    }

    /** Values one by one, all in one list, and all in one line say the same; and one mistake is nothing at all. */
    private static void forwarded(Noise noise) {
        var one = noise.like(
                "for=192.0.2.60;proto=http",
                "For=\"[2001:db8::17]:4711\"",
                "for=a, for=\"b\\\"c\"",
                "by=x;host=y",
                "for=1;for=2");
        var two = noise.like("proto=https", "for=_hidden;secret=\"a,b;c=d\"", "for=x;proto=http;proto=https");
        var first = ForwardedHeader.parse(List.of(one));
        var second = ForwardedHeader.parse(List.of(two));
        if (first.isEmpty() || second.isEmpty()) {
            assertThat(ForwardedHeader.parse(List.of(one, two))).isEmpty();
        } else {
            var both = new ArrayList<>(first);
            both.addAll(second);
            assertThat(ForwardedHeader.parse(List.of(one, two))).isEqualTo(both);
            assertThat(ForwardedHeader.parse(List.of(one + " ,\t" + two))).isEqualTo(both);
            assertThat(both).allSatisfy(element -> assertThat(element.node()).isNotEqualTo(""));
        }
    }

    private static void forwardedAsWritten(Noise noise) {
        var written = new StringBuilder();
        var elements = new ArrayList<ForwardedHeader.Element>();
        for (int i = 0; i <= noise.below(3); i++) {
            var node = "n" + noise.text(8);
            var proto = noise.one(List.of("http", "https"));
            elements.add(new ForwardedHeader.Element(node, proto));
            written.append(i == 0 ? "" : ", ")
                    .append("For=\"")
                    .append(node.replace("\\", "\\\\").replace("\"", "\\\""))
                    .append("\";x=\";,\\\"\" ; PROTO=")
                    .append(proto);
        }

        assertThat(ForwardedHeader.parse(List.of(written.toString()))).isEqualTo(elements);
    }

    /** Nobody gets past the first address from the right that is not trusted, and nothing that is no address comes through. */
    private static void client(Noise noise) {
        var peer = Client.direct(
                Objects.requireNonNull(IpAddress.parse(noise.one(List.of("10.9.9.9", "203.0.113.77")))), false);
        var headers = MultiMap.caseInsensitiveMultiMap();
        var lists = new ArrayList<String>();
        for (var node : NODES) {
            lists.add(node + ", " + noise.one(NODES));
        }
        for (int i = 0; i <= noise.below(2); i++) {
            headers.add("X-Forwarded-For", noise.like(lists));
        }
        headers.add("X-Forwarded-Proto", noise.like("https", "http", "wss"));
        var by = new ForwardedBy(TRUSTED);

        var client = by.client(peer, headers);

        if (!TRUSTED.contains(peer.address())) {
            assertThat(client).isSameAs(peer);
            return;
        }
        assertThat(client.chain())
                .matches("[0-9a-f:., ]+")
                .endsWith(peer.chain())
                .startsWith(client.address().toString());
        var chain = List.of(client.chain().split(", ", -1));
        assertThat(chain.subList(1, chain.size()))
                .allMatch(each -> TRUSTED.contains(Objects.requireNonNull(IpAddress.parse(each))));
        headers.add("X-Forwarded-For", "198.51.100.1");
        assertThat(by.client(peer, headers).address()).isEqualTo(IpAddress.parse("198.51.100.1"));
    }

    private static void traceParent(Noise noise) {
        var text = noise.like(
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-later",
                "00-00000000000000000000000000000000-0000000000000000-00",
                "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00");

        assertThat(TraceParent.isValid(text))
                .isEqualTo(TRACE_PARENT.matcher(text).matches());
    }

    private static void requestId(Noise noise) {
        var text = noise.like("7b9e", "a".repeat(127), "req-1;x=\"y\"", "");
        var headers = MultiMap.caseInsensitiveMultiMap().add("x-request-id", text);

        var said = RequestIdHeader.said(headers);

        assertThat(said).isEqualTo(text.matches("[!-~]{1,128}") ? text : null);
        assertThat(RequestIdHeader.said(headers.add("X-Request-ID", "b"))).isNull();
    }

    /** A page shows what a client sent, and none of it is more than shown. */
    private static void errorPage(Noise noise) {
        var told = "there is nothing at /"
                + noise.like("<script>alert(1)</script>", "\u001b[2J", "\u009b31m", "a\"onload=\"x", "&lt;", "\\u0000");
        var paths = List.of("/" + noise.text(10), "/" + noise.like("a/[id]", "<b>", "'\"&"));
        var page = new ErrorPage(
                new Problem(ErrorCode.NOT_FOUND, told, "call one of these"), new InvocationId(noise.number()), paths);

        var json = JsonMapper.shared().readTree(page.in(ErrorPage.Form.JSON)).get("error");
        assertThat(json.get("message").asString()).isEqualTo(told);
        assertThat(json.get("paths").get(0).asString()).isEqualTo(paths.getFirst());

        var html = page.in(ErrorPage.Form.HTML);
        assertThat(html.replaceAll(
                        "</?(!doctype html|html lang=\"en\"|html|head|meta charset=\"utf-8\"|title|style|body|h1|pre|ul|li|p|small|a|a href=\"/[A-Za-z0-9._~%/-]*\")>",
                        ""))
                .doesNotContain("<", ">", "\"");

        assertThat(page.in(ErrorPage.Form.TEXT)
                        .chars()
                        .filter(c -> c != '\n' && c != '\t' && Character.isISOControl(c)))
                .isEmpty();

        var accept =
                noise.like("text/html,application/xhtml+xml;q=0.9,*/*;q=0.8", "application/json", "*/*", "Text/HTML");
        assertThat(ErrorPage.Form.accepted(accept)).isIn((Object[]) ErrorPage.Form.values());
    }
}
