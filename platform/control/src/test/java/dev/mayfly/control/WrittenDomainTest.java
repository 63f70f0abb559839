package dev.mayfly.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mayfly.model.DomainName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** One spelling for each name, and an exact answer for what is none. */
class WrittenDomainTest {
    @ParameterizedTest
    @CsvSource({
        "www.example.org, www.example.org",
        "WWW.Example.ORG., www.example.org",
        "bücher.example, xn--bcher-kva.example",
        "BÜCHER.example, xn--bcher-kva.example",
        "XN--BCHER-KVA.example, xn--bcher-kva.example",
        "例え。テスト, xn--r8jz45g.xn--zckzah",
        "1.2.3.example, 1.2.3.example",
        "a-b.example, a-b.example"
    })
    void oneNameHasOneSpelling(String written, String read) {
        assertThat(WrittenDomain.parse(written).value()).isEqualTo(read);
        assertThat(WrittenDomain.parse(read)).isEqualTo(new DomainName(read));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "*.example.org | a whole name; wildcards are not supported, so add each name",
                "https://www.example.org | a host name without scheme, port and path, and no address",
                "www.example.org:80 | a host name without scheme, port and path, and no address",
                "www.example.org/x | a host name without scheme, port and path, and no address",
                "[::1] | a host name without scheme, port and path, and no address",
                "example | a name with a dot, as in www.example.org",
                "localhost | a name that is not of this machine alone",
                "www.LOCALHOST. | a name that is not of this machine alone",
                "10.0.0.1 | a name, not an address",
                "0x7f.1 | a name, not an address",
                "a.0x7F | a name, not an address",
                "straße.example | its xn-- form, because one of its letters is read in two ways",
                "www..example | letters, digits and '-' between dots, as in www.example.org",
                "www.example.. | letters, digits and '-' between dots, as in www.example.org",
                ".example.org | letters, digits and '-' between dots, as in www.example.org",
                "-www.example | letters, digits and '-' between dots, as in www.example.org",
                "www-.example | letters, digits and '-' between dots, as in www.example.org",
                "_mayfly.example | letters, digits and '-' between dots, as in www.example.org",
                "w*w.example | letters, digits and '-' between dots, as in www.example.org",
                "a b.example | letters, digits and '-' between dots, as in www.example.org",
                "'; --.example | letters, digits and '-' between dots, as in www.example.org",
            })
    void whatIsNoneIsRefusedWithWhatWasExpected(String written, String expected) {
        assertThatThrownBy(() -> WrittenDomain.parse(written))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("domain: " + written + " (expected: " + expected + ")");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "\0.example", "a\n.example", "a\u202Eb.example"})
    void whatCannotBeShownIsRefused(String written) {
        assertThatThrownBy(() -> WrittenDomain.parse(written)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void lengthsEndWhereTheProofStillFits() {
        var label = "a".repeat(63);
        var longest = label + "." + label + "." + label + "." + "a".repeat(53);
        assertThat(WrittenDomain.parse(longest).proof()).hasSize(253);
        assertThatThrownBy(() -> WrittenDomain.parse(longest + "a"))
                .hasMessageEndingWith("(expected: at most 245 characters, so that _mayfly. fits before it)");
        assertThatThrownBy(() -> WrittenDomain.parse("a".repeat(1_000_000) + ".example"))
                .hasMessageEndingWith("… (expected: at most 245 characters, so that _mayfly. fits before it)");
        assertThatThrownBy(() -> WrittenDomain.parse(label + "a.example"))
                .hasMessageEndingWith("(expected: at most 63 characters between two dots)");
    }

    @Test
    void whatIsNotInItsOneSpellingIsNoName() {
        for (var written : new String[] {"WWW.example.org", "www.example.org.", "bücher.example", "localhost", ""}) {
            assertThatThrownBy(() -> new DomainName(written)).isInstanceOf(IllegalArgumentException.class);
        }
    }
}
