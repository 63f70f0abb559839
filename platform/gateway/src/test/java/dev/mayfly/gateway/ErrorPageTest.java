package dev.mayfly.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.gateway.ErrorPage.Form;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.InvocationId;
import dev.mayfly.model.Problem;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a page says, and that nothing it was told can do more than be read. */
class ErrorPageTest {
    private static final Problem FAILED =
            new Problem(ErrorCode.FUNCTION_FAILED, "the function api/hello failed", "mayfly logs hello");
    private static final InvocationId ID = new InvocationId(0x5001);
    /** Markup, an ESC sequence, the one-character CSI of ISO 6429, NUL, CR, DEL, an override of direction, and halves of characters. */
    private static final String HOSTILE =
            "</pre><script>alert('\"&')</script>\u001b[2J\u001b]0;t\u0007\u009b31m\0\r\u007f\u202e\u2066\ud83d\ud800x\udc00\\ 😀\tend";

    @Test
    void aTracebackStandsBetweenTheFixAndTheCode() {
        assertThat(page("Traceback:\n  line 1\nValueError: x").in(Form.TEXT)).isEqualTo("""
                the function api/hello failed
                mayfly logs hello

                Its last error output, which this server shows because of --show-tracebacks:
                Traceback:
                  line 1
                ValueError: x

                function_failed (request 0000000000005001)
                """);
        assertThat(page("a\n\"b\"").in(Form.JSON)).isEqualTo("""
                {"error":{"code":"function_failed","message":"the function api/hello failed","fix":"mayfly logs hello",\
                "requestId":"0000000000005001","traceback":"a\\n\\"b\\""}}
                """);
        assertThat(page("a <b>").in(Form.HTML)).endsWith("""
                <body><h1>500</h1>
                <pre>the function api/hello failed</pre>
                <pre>mayfly logs hello</pre>
                <p>Its last error output, which this server shows because of --show-tracebacks:</p>
                <pre>a &lt;b&gt;</pre>
                <p><small>function_failed · request 0000000000005001</small></p></body></html>
                """);
    }

    @ParameterizedTest
    @EnumSource(Form.class)
    void withoutOneNothingIsSaidOfIt(Form form) {
        assertThat(page("").in(form)).doesNotContain("rror output", "traceback");
    }

    @ParameterizedTest
    @EnumSource(Form.class)
    void nothingThatActsOnAScreenIsLeftWhereverItCameFrom(Form form) {
        var text = hostile().in(form);

        assertThat(text.chars().filter(c -> Character.isISOControl(c) && c != '\n' && c != '\t'))
                .isEmpty();
        assertThat(text).doesNotContain("\u202e", "\u2066");
        assertThat(new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8))
                .isEqualTo(text);
    }

    @Test
    void inHtmlItIsNoMarkup() {
        assertThat(hostile().in(Form.HTML))
                .contains("<pre>&lt;/pre&gt;&lt;script&gt;alert(&#39;&quot;&amp;&#39;)&lt;/script&gt;·[2J·]0;t··31m")
                .contains("\ufffd\ufffdx\ufffd\\ 😀\tend")
                .doesNotContain("<script");
    }

    @Test
    void inJsonItIsOneStringThatSaysTheSame() {
        assertThat(hostile().in(Form.JSON))
                .contains("\"traceback\":\"</pre><script>alert('\\\"&')</script>\\u001b[2J\\u001b]0;t\\u0007\\u009b31m"
                        + "\\u0000\\u000d\\u007f\\u202e\\u2066\ufffd\ufffdx\ufffd\\\\ \\ud83d\\ude00\\u0009end\"}}\n");
    }

    private static ErrorPage page(String traceback) {
        return new ErrorPage(FAILED, ID, List.of(), traceback);
    }

    private static ErrorPage hostile() {
        var problem = new Problem(ErrorCode.FUNCTION_START_FAILED, HOSTILE, HOSTILE);
        return new ErrorPage(problem, ID, List.of("/" + HOSTILE), HOSTILE);
    }
}
