package dev.mayfly.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.net.SocketAddress;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Addresses in all their spellings, and ranges of them. */
class IpAddressTest {
    @ParameterizedTest
    @CsvSource({
        "192.0.2.1, 192.0.2.1",
        "::ffff:192.0.2.1, 192.0.2.1",
        "::FFFF:c000:201, 192.0.2.1",
        "2001:DB8:0:0:0:0:0:1, 2001:db8::1",
        "2001:db8:0:0:1:0:0:1, 2001:db8::1:0:0:1",
        "::1, ::1",
        "::, ::",
        "64:ff9b::192.0.2.33, 64:ff9b::c000:221",
        "255.255.255.255, 255.255.255.255",
    })
    void anAddressIsSpelledInOneWay(String text, String spelled) {
        assertThat(IpAddress.parse(text)).hasToString(spelled);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "localhost",
                "256.0.0.1",
                "1.2.3",
                "1.2.3.4.5",
                "1.2.3.4 ",
                "1.2.3.-4",
                "0x7f.0.0.1",
                "[::1]",
                "::1%eth0",
                "1::2::3",
                ":",
                ":::",
                "1:2:3:4:5:6:7",
                "1:2:3:4:5:6:7:8:9",
                "12345::",
                "::ffff:1.2.3.999",
                "1.2.3.4/8",
                "unknown",
                "_hidden",
                "１.２.３.４",
                "::ffff:192.0.2.1.5",
            })
    void whatSpellsNoneIsNone(String text) {
        assertThat(IpAddress.parse(text)).isNull();
    }

    @Test
    void theZoneOfAConnectionIsLeftOutAndASocketOfThisMachineHasNoAddress() {
        assertThat(IpAddress.of(SocketAddress.inetSocketAddress(1, "fe80::1"))).hasToString("fe80::1");
        assertThat(IpAddress.of(SocketAddress.domainSocketAddress("/x"))).isNull();
        assertThat(IpAddress.of((SocketAddress) null)).isNull();
    }

    @Test
    void oneClientIsAnAddressOfVersion4OrANetworkOfVersion6() {
        assertThat(of("192.0.2.1").client()).isEqualTo(of("::ffff:192.0.2.1").client());
        assertThat(of("192.0.2.1").client()).isNotEqualTo(of("192.0.2.2").client());
        assertThat(of("2001:db8:1:2::1").client())
                .isEqualTo(of("2001:db8:1:2:ffff::9").client());
        assertThat(of("2001:db8:1:2::1").client())
                .isNotEqualTo(of("2001:db8:1:3::1").client());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "10.0.0.0/8|10.255.0.1|true",
                "10.0.0.0/8|11.0.0.1|false",
                "10.1.2.3/8|10.9.9.9|true",
                "10.0.0.0/8|::ffff:10.1.1.1|true",
                "10.0.0.5|10.0.0.5|true",
                "10.0.0.5|10.0.0.4|false",
                "10.0.0.5/32|10.0.0.4|false",
                "0.0.0.0/0|8.8.8.8|true",
                "0.0.0.0/0|2001:db8::1|false",
                "::/0|2001:db8::1|true",
                "2001:db8::/32|2001:db8:ffff::1|true",
                "2001:db8::/32|2001:db9::1|false",
                "2001:db8::/64|2001:db8::ffff:0:0:1|true",
                "2001:db8::/64|2001:db8:0:1::|false",
                "2001:db8::/65|2001:db8::8000:0:0:0|false",
                "2001:db8::1|2001:db8::1|true",
                "2001:db8::1/128|2001:db8::2|false",
                "private|192.168.3.4|true",
                "private|172.32.0.1|false",
                "private|127.0.0.1|false",
                "loopback, private|127.9.9.9|true",
                "loopback|::1|true",
            })
    void aRangeHoldsWhatBeginsLikeIt(String ranges, String address, boolean held) {
        assertThat(AddressRanges.parse("--x", ranges).contains(of(address))).isEqualTo(held);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "10.0.0.0/33",
                "10.0.0.0/",
                "10.0.0.0/-1",
                "::/129",
                "10.0.0.0/8,",
                "example.org",
                "all",
                "10.0.0.0/+8",
                "1/8"
            })
    void whatIsNoRangeIsToldToItsOption(String text) {
        assertThatThrownBy(() -> AddressRanges.parse("--trusted-proxies", text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("--trusted-proxies: ")
                .hasMessageEndingWith(
                        " (expected: addresses or ranges such as 10.0.0.0/8,2001:db8::/32, private or loopback)");
    }

    private static IpAddress of(String text) {
        return Objects.requireNonNull(IpAddress.parse(text));
    }
}
