package dev.mayfly.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.MultiMap;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who is believed about whom. */
class ForwardedByTest {
    private static final ForwardedBy PROXIES =
            new ForwardedBy(AddressRanges.parse("--x", "10.0.0.0/8,2001:db8:ffff::/48"));

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\0',
            value = {
                "203.0.113.7|203.0.113.7|203.0.113.7, 10.0.0.1",
                "6.6.6.6, 203.0.113.7|203.0.113.7|203.0.113.7, 10.0.0.1",
                "6.6.6.6,203.0.113.7 ,10.0.0.2|203.0.113.7|203.0.113.7, 10.0.0.2, 10.0.0.1",
                "10.0.0.3, 10.0.0.2|10.0.0.3|10.0.0.3, 10.0.0.2, 10.0.0.1",
                "203.0.113.7:5678|203.0.113.7|203.0.113.7, 10.0.0.1",
                "[2001:db8::5]:443|2001:db8::5|2001:db8::5, 10.0.0.1",
                "[2001:db8::5]|2001:db8::5|2001:db8::5, 10.0.0.1",
                "2001:DB8:0::5|2001:db8::5|2001:db8::5, 10.0.0.1",
                "6.6.6.6, 2001:db8:ffff::1|6.6.6.6|6.6.6.6, 2001:db8:ffff::1, 10.0.0.1",
                "::ffff:203.0.113.7|203.0.113.7|203.0.113.7, 10.0.0.1",
                "6.6.6.6, ::ffff:10.0.0.2|6.6.6.6|6.6.6.6, 10.0.0.2, 10.0.0.1",
                "6.6.6.6, unknown|10.0.0.1|10.0.0.1",
                "6.6.6.6, _hidden, 10.0.0.2|10.0.0.2|10.0.0.2, 10.0.0.1",
                "6.6.6.6,|10.0.0.1|10.0.0.1",
                "6.6.6.6, 1.2.3.4:99999999|10.0.0.1|10.0.0.1",
                "6.6.6.6, [1.2.3.4]|10.0.0.1|10.0.0.1",
                "6.6.6.6, 1.2.3.4:|10.0.0.1|10.0.0.1",
                "6.6.6.6, fe80::1%eth0|10.0.0.1|10.0.0.1",
                "6.6.6.6, <script>|10.0.0.1|10.0.0.1",
                "6.6.6.6 7.7.7.7|10.0.0.1|10.0.0.1",
                "localhost|10.0.0.1|10.0.0.1",
                ",,,|10.0.0.1|10.0.0.1",
            })
    void theRightmostAddressThatIsNoTrustedProxyIsTheClient(String header, String address, String chain) {
        var client = PROXIES.client(peer("10.0.0.1"), headers().add("X-Forwarded-For", header));

        assertThat(client.address()).hasToString(address);
        assertThat(client.chain()).isEqualTo(chain);
    }

    @Test
    void severalHeadersAreOneList() {
        var headers = headers().add("x-forwarded-for", "6.6.6.6, 203.0.113.7").add("x-forwarded-for", "10.0.0.2");

        assertThat(PROXIES.client(peer("10.0.0.1"), headers).chain()).isEqualTo("203.0.113.7, 10.0.0.2, 10.0.0.1");
    }

    @Test
    void whoeverIsNoTrustedProxyIsNotBelieved() {
        var peer = peer("203.0.113.9");
        var headers = headers()
                .add("x-forwarded-for", "6.6.6.6")
                .add("forwarded", "for=6.6.6.6;proto=https")
                .add("x-forwarded-proto", "https");

        assertThat(PROXIES.client(peer, headers)).isSameAs(peer);
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\0',
            value = {
                "for=203.0.113.7|203.0.113.7|false",
                "For=203.0.113.7;Proto=HTTPS;by=10.0.0.1|203.0.113.7|true",
                "for=6.6.6.6;proto=https, for=203.0.113.7;proto=http, for=10.0.0.2|203.0.113.7|false",
                "for=\"[2001:db8::5]:47011\" ; proto=https|2001:db8::5|true",
                "for=\"203.0.113.7:80\"|203.0.113.7|false",
                "for=\"\\2\\03.0.113.7\"|203.0.113.7|false",
                "for=\"203.0.113.7:_port\"|203.0.113.7|false",
                "for=6.6.6.6, for=_hidden|10.0.0.1|false",
                "for=6.6.6.6, for=unknown|10.0.0.1|false",
                "for=6.6.6.6, by=10.0.0.9|10.0.0.1|false",
                "for=6.6.6.6;for=7.7.7.7|10.0.0.1|false",
                "for=6.6.6.6;|10.0.0.1|false",
                "for=\"6.6.6.6|10.0.0.1|false",
                "for=\"6.6.6.6\\|10.0.0.1|false",
                "for=6.6.6.6, |10.0.0.1|false",
                "for = 6.6.6.6|10.0.0.1|false",
                "for=|10.0.0.1|false",
                "6.6.6.6|10.0.0.1|false",
                "for=[2001:db8::5]|10.0.0.1|false",
                "for=\"a, for=6.6.6.6\"|10.0.0.1|false",
            })
    void forwardedSaysTheSame(String header, String address, boolean secure) {
        var client = PROXIES.client(peer("10.0.0.1"), headers().add("Forwarded", header));

        assertThat(client.address()).hasToString(address);
        assertThat(client.secure()).isEqualTo(secure);
    }

    @Test
    void xForwardedForWinsOverForwarded() {
        var headers = headers().add("x-forwarded-for", "203.0.113.7").add("forwarded", "for=6.6.6.6;proto=https");

        assertThat(PROXIES.client(peer("10.0.0.1"), headers))
                .isEqualTo(new Client(of("203.0.113.7"), false, "203.0.113.7, 10.0.0.1"));
    }

    @ParameterizedTest
    @CsvSource({
        "https, true",
        "HTTPS, true",
        "wss, true",
        "http, false",
        "ws, false",
        "'https, http', false",
        "ftp, false",
        "'', false"
    })
    void theSchemeIsATrustedProxys(String said, boolean secure) {
        var headers = headers().add("x-forwarded-proto", said);

        assertThat(PROXIES.client(peer("10.0.0.1"), headers).secure()).isEqualTo(secure);
    }

    @Test
    void aSchemeSaidTwiceIsNotSaid() {
        var headers = headers().add("x-forwarded-proto", "https").add("x-forwarded-proto", "https");

        assertThat(PROXIES.client(peer("10.0.0.1"), headers).secure()).isFalse();
    }

    @Test
    void aProxyThatSpokeTlsToThisServerCanSayThatItsClientDidNot() {
        var peer = Client.direct(of("10.0.0.1"), true);

        assertThat(PROXIES.client(peer, headers()).secure()).isTrue();
        assertThat(PROXIES.client(peer, headers().add("x-forwarded-proto", "http"))
                        .secure())
                .isFalse();
    }

    private static MultiMap headers() {
        return MultiMap.caseInsensitiveMultiMap();
    }

    private static Client peer(String address) {
        return Client.direct(of(address), false);
    }

    private static IpAddress of(String text) {
        return Objects.requireNonNull(IpAddress.parse(text));
    }
}
