package dev.mayfly.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Hosts with ports, as clients spell them. */
final class AuthorityTest {
    @ParameterizedTest
    @CsvSource({
        "hello.localhost, hello.localhost, -1",
        "Hello.LOCALHOST:7070, hello.localhost, 7070",
        "example.org., example.org, -1",
        "example.org:, example.org, -1",
        "a_b-c.9:0, a_b-c.9, 0",
        "127.0.0.1:65535, 127.0.0.1, 65535",
        "[::1]:80, [::1], 80",
        "[2001:DB8::1], [2001:db8::1], -1",
        "[::ffff:192.0.2.1]:00080, [::ffff:192.0.2.1], 80",
    })
    void a_host_and_its_port(String text, String host, int port) {
        assertThat(Authority.parse(text)).contains(new Authority(host, port));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ":",
                ":80",
                ".",
                ".a",
                "-a",
                "_a",
                "a b",
                "a/b",
                "a@b",
                "a:b",
                "a:-1",
                "a:+1",
                "a:65536",
                "a:000080",
                "a:80:80",
                "[",
                "[]",
                "[a]",
                "[::1",
                "::1",
                "[::g]",
                "[::1]80",
                "[::1]]",
                "ä",
                "a\u0660",
                "a:\u0661",
                "[::\uff11]",
                "a,b",
                "a\n"
            })
    void what_is_none(String text) {
        assertThat(Authority.parse(text)).isEmpty();
    }

    @Test
    void a_name_has_at_most_253_characters_and_an_address_45() {
        assertThat(Authority.parse("a".repeat(253) + ":1")).isPresent();
        assertThat(Authority.parse("a".repeat(254))).isEmpty();
        assertThat(Authority.parse("[" + ":".repeat(45) + "]")).isPresent();
        assertThat(Authority.parse("[" + ":".repeat(46) + "]")).isEmpty();
    }
}
