package dev.mayfly.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The sentences of https://git-scm.com/docs/gitignore under "PATTERN FORMAT" and "EXAMPLES". */
class IgnoreRulesTest {
    @ParameterizedTest(name = "{0} on {1}: {3}")
    @CsvSource(
            quoteCharacter = '"',
            value = {
                // a pattern without a slash matches at any level
                "hello.*,        hello.txt,         false, true",
                "hello.*,        a/hello.java,      false, true",
                "*.pyc,          a/b/c.pyc,         false, true",
                // a slash at the beginning or in the middle binds it to this folder
                "/hello.*,       hello.txt,         false, true",
                "/hello.*,       a/hello.java,      false, false",
                "doc/frotz,      doc/frotz,         true,  true",
                "doc/frotz,      a/doc/frotz,       true,  false",
                "/doc/frotz,     doc/frotz,         false, true",
                // a slash at the end is for folders only, and does not bind
                "doc/frotz/,     doc/frotz,         true,  true",
                "doc/frotz/,     doc/frotz,         false, false",
                "doc/frotz/,     a/doc/frotz,       true,  false",
                "frotz/,         frotz,             true,  true",
                "frotz/,         a/frotz,           true,  true",
                "frotz/,         a/frotz,           false, false",
                // an asterisk and a question mark stay within a level
                "foo/*,          foo/test.json,     false, true",
                "foo/*,          foo/bar,           true,  true",
                "foo/*,          foo/bar/hello.c,   false, false",
                "a?c,            abc,               false, true",
                "a?c,            a/c,               false, false",
                "[a-c]x,         bx,                false, true",
                "[!a-c]x,        bx,                false, false",
                "[!a-c]x,        dx,                false, true",
                "[]]x,           ]x,                false, true",
                "[a,             [a,                false, true",
                // two asterisks
                "**/foo,         foo,               false, true",
                "**/foo,         a/b/foo,           false, true",
                "**/foo/bar,     a/foo/bar,         false, true",
                "**/foo/bar,     a/foo/b/bar,       false, false",
                "abc/**,         abc/x/y,           false, true",
                "abc/**,         abc,               true,  false",
                "a/**/b,         a/b,               false, true",
                "a/**/b,         a/x/b,             false, true",
                "a/**/b,         a/x/y/b,           false, true",
                "a/**/b,         ab,                false, false",
                "foo**bar,       fooxbar,           false, true",
                "foo**bar,       foo/bar,           false, false",
                // characters that mean something in an expression mean nothing here
                "a.b+(c),        a.b+(c),           false, true",
                "a.b,            axb,               false, false",
                "\\#x,           #x,                false, true",
                "\\!x,           !x,                false, true",
            })
    void matches_as_git_does(String pattern, String path, boolean folder, boolean ignored) {
        assertThat(new IgnoreRules(List.of(pattern)).ignores(path, folder)).isEqualTo(ignored);
    }

    @Test
    void blank_lines_and_comments_match_nothing() {
        var rules = new IgnoreRules(List.of("", "   ", "# all", "/"));
        assertThat(rules.ignores("# all", false)).isFalse();
        assertThat(rules.ignores("x", false)).isFalse();
    }

    @Test
    void the_last_rule_that_matches_wins() {
        var rules = new IgnoreRules(List.of("*.log", "!keep.log", "/top/keep.log"));
        assertThat(rules.ignores("a.log", false)).isTrue();
        assertThat(rules.ignores("a/keep.log", false)).isFalse();
        assertThat(rules.ignores("top/keep.log", false)).isTrue();
    }

    @Test
    void everything_but_one_folder() {
        var rules = new IgnoreRules(List.of("/*", "!/foo", "/foo/*", "!/foo/bar"));
        assertThat(rules.ignores("x", false)).isTrue();
        assertThat(rules.ignores("foo", true)).isFalse();
        assertThat(rules.ignores("foo/x", false)).isTrue();
        assertThat(rules.ignores("foo/bar", true)).isFalse();
    }

    @Test
    void trailing_spaces_count_only_when_quoted() {
        assertThat(new IgnoreRules(List.of("x   ")).ignores("x", false)).isTrue();
        assertThat(new IgnoreRules(List.of("x\\ ")).ignores("x ", false)).isTrue();
        assertThat(new IgnoreRules(List.of("x\\ ")).ignores("x", false)).isFalse();
    }
}
