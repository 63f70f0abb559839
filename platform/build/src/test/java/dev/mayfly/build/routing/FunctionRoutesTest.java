package dev.mayfly.build.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.mayfly.model.ProblemException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FunctionRoutesTest {
    @Test
    void aFileAnswersWithAndWithoutExtensionAndSlash() {
        assertThat(routes("api/date.py")).containsExactlyInAnyOrder("/api/date", "/api/date/", "/api/date.py");
    }

    @Test
    void anIndexAnswersForItsFolder() {
        assertThat(routes("api/x/index.py"))
                .containsExactlyInAnyOrder("/api/x", "/api/x/", "/api/x/index", "/api/x/index.py");
        assertThat(routes("api/index.py")).containsExactlyInAnyOrder("/api", "/api/", "/api/index", "/api/index.py");
    }

    @Test
    void aFileWinsOverTheIndexOfAFolderOfItsName() {
        var routes = FunctionRoutes.of(List.of("api/date/index.py", "api/date.py"));

        assertThat(routes.stream().filter(route -> route.pattern().startsWith("/api/date")))
                .extracting(route -> route.pattern() + " " + route.function())
                .containsExactlyInAnyOrder(
                        "/api/date api/date",
                        "/api/date/ api/date",
                        "/api/date.py api/date",
                        "/api/date/index api/date/index",
                        "/api/date/index.py api/date/index");
    }

    @Test
    void aDynamicFileTakesNoSlashButItsOwnName() {
        assertThat(routes("api/[hello].py")).containsExactlyInAnyOrder("/api/[hello]", "/api/[hello].py");
    }

    @Test
    void longerRoutesComeFirstThenThoseThatSayMoreThenNames() {
        var routes = FunctionRoutes.of(List.of(
                "api/[...rest].py",
                "api/[id].py",
                "api/b.py",
                "api/a.py",
                "api/[id]/[x].py",
                "api/[id]/edit.py",
                "api/a/b/c.py"));

        // A file's own name is a path that says everything.
        var others = routes.stream().filter(route -> !route.pattern().endsWith(".py"));
        assertThat(others.map(route -> route.function().value()).distinct())
                .containsExactly(
                        "api/a/b/c", "api/[id]/edit", "api/[id]/[x]", "api/a", "api/b", "api/[id]", "api/[...rest]");
    }

    @ParameterizedTest
    @CsvSource({
        "api/[a].py, api/[b].py, 'conflicting_file_path: api/[a].py and api/[b].py take the same paths'",
        "api/[a]/x.py, api/[b]/x.py, 'conflicting_file_path: api/[a]/x.py and api/[b]/x.py take the same paths'",
        "api/x.py, api/[id]/[id].py, 'conflicting_path_segment: api/[id]/[id].py has the segment [id] twice'",
        "api/x.py, api/[...a]/b.py, 'api/[...a]/b.py has [...a] as a folder (expected: as the file''s name, the last segment)'",
    })
    void filesThatClaimTheSamePathsAreRefused(String first, String second, String message) {
        var problem = catchThrowableOfType(ProblemException.class, () -> FunctionRoutes.of(List.of(first, second)))
                .problem();

        assertThat(problem.message()).isEqualTo(message);
    }

    private static List<String> routes(String file) {
        return FunctionRoutes.of(List.of(file)).stream()
                .map(route -> route.pattern())
                .toList();
    }
}
