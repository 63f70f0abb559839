package dev.mayfly.build.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The published schema says the same as the tables that the parser reads by. */
class SchemaTest {
    private final JsonNode schema =
            JsonMapper.shared().readTree(Objects.requireNonNull(getClass().getResourceAsStream("/mayfly.schema.json")));

    @Test
    void itIsOfTheDraftItSays() {
        assertThat(schema.path("$schema").asString()).isEqualTo("https://json-schema.org/draft/2020-12/schema");
    }

    @Test
    void itHasTheKeysOfTheProjectAndNoOther() {
        assertKeys(schema, ProjectKey.values(), ProjectKey::key, ProjectKey::meaning);
    }

    @Test
    void itHasTheKeysOfTheBuildAndNoOther() {
        assertKeys(schema.path("properties").path("build"), BuildKey.values(), BuildKey::key, BuildKey::meaning);
    }

    @Test
    void itHasTheSettingsOfFunctionsAndNoOther() {
        var settings = schema.path("properties").path("functions").path("additionalProperties");
        assertKeys(settings, Setting.values(), Setting::key, Setting::meaning);
        for (Setting setting : Setting.values()) {
            var property = settings.path("properties").path(setting.key());
            var expected = switch (setting.kind()) {
                case SIZE -> "#/$defs/size";
                case DURATION -> "#/$defs/duration";
                case COUNT -> "#/$defs/count";
                case NUMBER -> "#/$defs/number";
                case EGRESS -> "#/$defs/egress";
                case ISOLATION -> "#/$defs/isolation";
                case SWITCH -> "#/$defs/switch";
                case PROTOCOL -> "#/$defs/protocol";
                case COMMAND -> "#/$defs/command";
            };
            assertThat(property.path("$ref").asString("")).as(setting.key()).isEqualTo(expected);
        }
    }

    @Test
    void itsPatternsTakeTheDefaults() {
        for (Setting setting : Setting.values()) {
            var pattern = switch (setting.kind()) {
                case SIZE -> schema.path("$defs").path("size").path("pattern").asString();
                case DURATION ->
                    schema.path("$defs").path("duration").path("pattern").asString();
                case EGRESS ->
                    schema.path("$defs").path("egress").path("pattern").asString();
                case COUNT, NUMBER, ISOLATION, SWITCH, PROTOCOL, COMMAND -> ".*";
            };
            assertThat(setting.defaultText()).as(setting.key()).matches(pattern);
        }
    }

    private static <K> void assertKeys(
            JsonNode object, K[] keys, Function<K, String> name, Function<K, String> meaning) {
        List<String> names = Arrays.stream(keys).map(name).toList();
        assertThat(object.path("properties").propertyNames()).containsExactlyElementsOf(names);
        if (!object.path("additionalProperties").isObject()) {
            assertThat(object.path("additionalProperties").asBoolean(true)).isFalse();
        }
        for (K key : keys) {
            assertThat(object.path("properties")
                            .path(name.apply(key))
                            .path("description")
                            .asString(""))
                    .isEqualTo(meaning.apply(key));
        }
    }
}
