package dev.mayfly.control.explain;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.build.config.BuildKey;
import dev.mayfly.build.config.ProjectKey;
import dev.mayfly.build.config.Setting;
import dev.mayfly.control.explain.Automatic.Place;
import dev.mayfly.engine.EngineSettings;
import dev.mayfly.model.Limits;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The list has all that can be set and nothing that cannot. The server's part is tested there. */
class AutomaticListTest {
    /** What a project says for itself: nothing is decided where it says nothing. */
    private static final Set<ProjectKey> NOT_DECIDED = Set.of(
            ProjectKey.FUNCTIONS, // holds the settings of functions, which are listed one by one
            ProjectKey.BUILD, // the same
            ProjectKey.ENV,
            ProjectKey.SECRETS);

    private static final List<Automatic> ALL = new AutomaticList(List.of()).all();

    private static List<String> keys(Place place) {
        return ALL.stream()
                .filter(each -> each.place() == place)
                .map(Automatic::key)
                .toList();
    }

    @Test
    void itHasEverySettingOfAFunctionAndNoOther() {
        assertThat(keys(Place.FUNCTION))
                .containsExactlyElementsOf(
                        Arrays.stream(Setting.values()).map(Setting::key).toList());
        assertThat(keys(Place.FUNCTION))
                .as("every limit has a key")
                .containsAll(Arrays.stream(Limits.class.getRecordComponents())
                        .map(RecordComponent::getName)
                        .toList());
    }

    @Test
    void itHasEveryKeyOfAProjectThatDecidesSomethingAndNoOther() {
        var decided = Arrays.stream(ProjectKey.values())
                .filter(key -> key.honoured() && !NOT_DECIDED.contains(key))
                .map(ProjectKey::key);
        var build = Arrays.stream(BuildKey.values()).map(key -> "build." + key.key());

        assertThat(keys(Place.PROJECT))
                .containsExactlyInAnyOrderElementsOf(
                        Stream.concat(decided, build).toList());
    }

    @Test
    void whatNothingOverrulesIsSaidToo() {
        assertThat(ALL.stream().filter(each -> each.place() == Place.FIXED).map(Automatic::decides))
                .contains("how long loading a function's code may take")
                .doesNotHaveDuplicates();
        assertThat(ALL.stream().filter(each -> each.place() == Place.FIXED).map(Automatic::value))
                .contains(EngineSettings.DEFAULTS.startTimeout().toSeconds() + "s");
        assertThat(ALL).allSatisfy(each -> {
            assertThat(each.decides()).isNotBlank();
            assertThat(each.value()).isNotBlank();
            assertThat(each.from()).isNotBlank();
            assertThat(each.key().isEmpty()).isEqualTo(each.place() == Place.FIXED);
        });
    }
}
