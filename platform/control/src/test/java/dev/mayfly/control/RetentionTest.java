package dev.mayfly.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.engine.InstanceView;
import dev.mayfly.model.DeploymentId;
import dev.mayfly.model.FunctionName;
import dev.mayfly.model.InstanceId;
import dev.mayfly.model.ProjectName;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Old deployments go; what is used stays. */
class RetentionTest {
    private static final ProjectName HELLO = new ProjectName("hello");

    @TempDir
    Path folder;

    @Test
    void aDeployRemovesPreviewsThatAreOlderThanTheNewest() throws Exception {
        try (var control = new TestControl(folder, 1 << 20, 2)) {
            var ids = deploy(control, 6);

            assertThat(kept(control)).containsExactly(ids.get(0), ids.get(4), ids.get(5));
            assertThat(control.get("/projects/hello/deployments/" + ids.get(1)).statusCode())
                    .isEqualTo(404);
        }
    }

    @Test
    void withoutASettingAllStay() throws Exception {
        try (var control = new TestControl(folder)) {
            var ids = deploy(control, 12);

            assertThat(kept(control)).containsExactlyElementsOf(ids);
        }
    }

    @Test
    void whatAnAliasLeadsToStays() throws Exception {
        try (var control = new TestControl(folder)) {
            var ids = deploy(control, 5);
            var split = "{\"deployments\":[{\"id\":\"" + ids.get(1) + "\",\"weight\":99},{\"id\":\"" + ids.get(2)
                    + "\",\"weight\":1}]}";
            control.json("PUT", "/projects/hello/aliases/canary", split);

            later(control, 1).apply();

            assertThat(kept(control)).containsExactly(ids.get(0), ids.get(1), ids.get(2), ids.get(4));
        }
    }

    @Test
    void whatARollbackWouldLeadToStaysAndSoItCanBeRolledBack() throws Exception {
        try (var control = new TestControl(folder)) {
            var ids = deploy(control, 4);
            promote(control, ids.get(1));
            promote(control, ids.get(2));

            later(control, 1).apply();

            assertThat(kept(control)).containsExactly(ids.get(1), ids.get(2), ids.get(3));
            assertThat(control.json("POST", "/projects/hello/rollback", "{}").statusCode())
                    .isEqualTo(200);
            assertThat(AliasesTest.served(control, "hello")).isEqualTo(ids.get(1));
        }
    }

    @Test
    void whatAnAliasLedToAMomentAgoStays() throws Exception {
        try (var control = new TestControl(folder)) {
            var ids = deploy(control, 4);
            promote(control, ids.get(1));
            promote(control, ids.get(2));

            retention(control, Clock.systemUTC(), 1).apply();

            assertThat(kept(control)).containsExactlyElementsOf(ids);
        }
    }

    @Test
    void whatHasInstancesStaysUntilTheyAreGone() throws Exception {
        try (var control = new TestControl(folder)) {
            var ids = deploy(control, 3);
            control.engine.live.add(new InstanceView(
                    new InstanceId("i"),
                    HELLO,
                    new DeploymentId(ids.get(1)),
                    new FunctionName("api/hello"),
                    "idle",
                    0,
                    0,
                    "called"));

            later(control, 1).apply();
            assertThat(kept(control)).containsExactlyElementsOf(ids);

            control.engine.live.clear();
            later(control, 1).apply();
            assertThat(kept(control)).containsExactly(ids.get(0), ids.get(2));
        }
    }

    private static Retention later(TestControl control, int newest) {
        return retention(control, Clock.offset(Clock.systemUTC(), Duration.ofMinutes(2)), newest);
    }

    private static Retention retention(TestControl control, Clock clock, int newest) {
        return new Retention(control.store.catalog(), control.engine, clock, newest);
    }

    private static void promote(TestControl control, String id) throws Exception {
        control.json("POST", "/projects/hello/promotion", "{\"deployment\":\"" + id + "\"}");
    }

    private static List<String> deploy(TestControl control, int count) throws Exception {
        var ids = new ArrayList<String>();
        for (int n = 0; n < count; n++) {
            ids.add(AliasesTest.deploy(control, "hello", "content " + n));
        }
        return ids;
    }

    private static List<String> kept(TestControl control) {
        return control.store.catalog().snapshot().project(HELLO).orElseThrow().deployments().sequencedKeySet().stream()
                .map(DeploymentId::value)
                .toList();
    }
}
