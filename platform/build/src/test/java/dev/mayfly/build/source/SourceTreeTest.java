package dev.mayfly.build.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.mayfly.model.Digest;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.ProblemException;
import dev.mayfly.model.SourceFile;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SourceTreeTest {
    private static final SourceTree.Bounds BOUNDS = SourceTree.Bounds.DEFAULT;

    @ParameterizedTest
    @ValueSource(strings = {"a", "with space.txt", "ünïcode/日本.py", "a..b/..c", "back\\slash", "-rf", "a:b", "[id].py"})
    void anOrdinaryPathIsTaken(String path) {
        assertThat(SourceTree.of(List.of(file(path)), BOUNDS).has(path)).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "/etc/passwd, file /etc/passwd is absolute (expected: relative to the project)",
        "../x, file ../x leads out of the project through '..'",
        "a/../../x, file a/../../x leads out of the project through '..'",
        "a//b, file a//b is not normalised (expected: no empty or '.' segment)",
        "./a, file ./a is not normalised (expected: no empty or '.' segment)",
        "a/, file a/ is not normalised (expected: no empty or '.' segment)",
    })
    void aPathThatLeadsElsewhereIsRefused(String path, String message) {
        assertThat(refusal(file(path))).isEqualTo(message);
    }

    @Test
    void controlCharactersAreShownAndRefused() {
        assertThat(refusal(file("a\u0000b"))).isEqualTo("file a\\u0000b contains a control character");
        assertThat(refusal(file("a\nb"))).isEqualTo("file a\\u000ab contains a control character");
        assertThat(refusal(file(""))).isEqualTo("file  is empty");
        assertThat(refusal(file("\ud800"))).isEqualTo("file \\ud800 is not valid Unicode");
    }

    @Test
    void aPathLongerThanTheSystemTakesIsRefused() {
        var names = String.join(
                "/", IntStream.range(0, 41).mapToObj(i -> "a".repeat(99)).toList());
        assertThat(refusal(file(names))).contains("is 4099 bytes long (expected: at most 4096)");
        assertThat(refusal(file("é".repeat(128)))).contains("has a name of 256 bytes (expected: at most 255)");
    }

    @Test
    void aFileIsNotSentTwiceAndIsNotAFolder() {
        assertThat(refusal(file("a"), file("a"))).isEqualTo("file a was sent twice");
        assertThat(refusal(file("a"), file("a/b"))).isEqualTo("a is sent as a file and, by a/b, as a folder");
        assertThat(refusal(link("a", "b"), file("b/c"), file("a/c")))
                .isEqualTo("a is sent as a file and, by a/c, as a folder");
    }

    @ParameterizedTest
    @CsvSource({
        "/etc/passwd, 'link a/l leads to /etc/passwd, which is not a path within the project'",
        "../../x, link a/l leads out of the project",
        "../up/../../x, link a/l leads out of the project",
        "../inner/../../x, link a/l leads out of the project",
        "l, link a/l leads in circles",
    })
    void aLinkOutOfTheTreeIsRefused(String target, String message) {
        assertThat(refusal(file("b"), link("a/l", target), link("inner", "deep"), file("deep/x")))
                .isEqualTo(message);
    }

    @Test
    void aChainOfLinksOutOfTheTreeIsRefused() {
        assertThat(refusal(link("first", "deep/second/x"), link("deep/second", "../..")))
                .isEqualTo("link deep/second leads out of the project");
        assertThat(refusal(link("a", "b/x"), link("b", "a"))).isEqualTo("link a leads in circles");
    }

    @Test
    void aLinkInsideIsFollowedThroughFoldersAndOtherLinks() {
        var tree = SourceTree.of(
                List.of(
                        file("real/x.py"),
                        link("alias", "real"),
                        link("sub/y.py", "../alias/x.py"),
                        link("gone", "nowhere")),
                BOUNDS);

        assertThat(tree.file("sub/y.py").orElseThrow().path()).isEqualTo("real/x.py");
        assertThat(tree.file("alias/x.py").orElseThrow().path()).isEqualTo("real/x.py");
        assertThat(tree.has("gone")).isFalse();
        assertThat(tree.has("alias")).isFalse();
    }

    @Test
    void tenThousandFilesAreFineAndTooManyAreNot() {
        assertThat(SourceTree.of(many(10_000), BOUNDS).files()).hasSize(10_000);
        assertThat(refusal(many(50_001).toArray(SourceFile[]::new)))
                .isEqualTo("the project has 50,001 files (expected: at most 50,000)");
    }

    @Test
    void aProjectThatIsTooLargeNamesItsLargestFiles() {
        var problem = catchThrowableOfType(
                        ProblemException.class,
                        () -> SourceTree.of(
                                List.of(sized("small", 10), sized("data/big.bin", 900), sized("mid", 200)),
                                new SourceTree.Bounds(10, 1000)))
                .problem();

        assertThat(problem.code()).isEqualTo(ErrorCode.PAYLOAD_TOO_LARGE);
        assertThat(problem.message()).isEqualTo("""
                        the project is 1.1 KiB (expected: at most 1000 B); its largest files:
                          900 B  data/big.bin
                          200 B  mid
                          10 B  small""");
    }

    @Test
    void sizesThatOverflowAreTooLarge() {
        assertThat(refusal(sized("a", Long.MAX_VALUE), sized("b", Long.MAX_VALUE)))
                .startsWith("the project is ");
    }

    private static List<SourceFile> many(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> file("d" + i % 100 + "/f" + i))
                .toList();
    }

    private static String refusal(SourceFile... files) {
        var thrown = catchThrowableOfType(
                ProblemException.class, () -> SourceTree.of(Stream.of(files).toList(), BOUNDS));
        return thrown == null ? "null" : thrown.problem().message();
    }

    private static SourceFile file(String path) {
        return sized(path, 1);
    }

    private static SourceFile sized(String path, long size) {
        return new SourceFile(path, Digest.of("x"), size, false, null);
    }

    private static SourceFile link(String path, String target) {
        return new SourceFile(path, null, 0, false, target);
    }
}
