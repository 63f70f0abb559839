package dev.mayfly.server;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.GeneralCodingRules;
import dev.mayfly.model.UpwardCanary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The arrows between the rooms: only up the list of modules in the root pom. Each rule is also shown to fail on a class that breaks it. */
public class ArchitectureTest {
    private static final Pattern MODULE = Pattern.compile("<module>platform/([a-z]+)</module>");

    private final JavaClasses platform = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("dev.mayfly");
    private final JavaClasses canary = new ClassFileImporter().importClasses(UpwardCanary.class);

    @Test
    void allRoomsOfTheServerAreLookedAt() throws IOException {
        for (var module : modules()) {
            assertThat(platform.stream().anyMatch(type -> type.getPackageName().startsWith("dev.mayfly." + module)))
                    .as(module)
                    .isTrue();
        }
    }

    @Test
    void arrowsPointOnlyUpTheListOfModules() throws IOException {
        var modules = modules();
        for (int i = 0; i < modules.size(); i++) {
            var rule = arrows(modules, i);
            rule.check(platform);
            if (modules.get(i).equals("model")) {
                assertThat(rule.evaluate(canary).hasViolation()).isTrue();
            }
        }
    }

    @Test
    void theModelStandsOnNothing() {
        var rule = classes()
                .that()
                .resideInAPackage("dev.mayfly.model..")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "dev.mayfly.model..",
                        "java.lang..",
                        "java.util",
                        "java.util.function..",
                        "java.util.random..",
                        "java.util.regex..",
                        "java.util.stream..",
                        "java.security..",
                        "java.nio.charset..",
                        "java.time..",
                        "org.jspecify..");

        rule.check(platform);
        assertThat(rule.evaluate(canary).hasViolation()).isTrue();
    }

    @Test
    void thereIsOneWayToLog() {
        var rule = noClasses()
                .that()
                .resideInAPackage("dev.mayfly..")
                .and()
                .doNotHaveFullyQualifiedName("dev.mayfly.traces.Collector") // it silences a library's
                .should()
                .dependOnClassesThat()
                .resideInAPackage("java.util.logging..");

        rule.check(platform);
        assertThat(rule.evaluate(canary).hasViolation()).isTrue();
    }

    @Test
    void onlyTheProgramItselfWritesToTheStandardStreams() {
        var rule = noClasses()
                .that()
                .resideInAPackage("dev.mayfly..")
                .and()
                .doNotHaveFullyQualifiedName(Main.class.getName())
                .should(GeneralCodingRules.ACCESS_STANDARD_STREAMS);

        rule.check(platform);
        assertThat(rule.evaluate(canary).hasViolation()).isTrue();
    }

    private static ArchRule arrows(List<String> modules, int index) {
        var below = modules.subList(0, index + 1).stream()
                .map(module -> "dev.mayfly." + module + "..")
                .toArray(String[]::new);
        return noClasses()
                .that()
                .resideInAPackage("dev.mayfly." + modules.get(index) + "..")
                .should()
                .dependOnClassesThat(JavaClass.Predicates.resideInAPackage("dev.mayfly..")
                        .and(DescribedPredicate.not(JavaClass.Predicates.resideInAnyPackage(below))));
    }

    /** Modules of the server, lowest first. The command line is a program of its own and stands on the model alone, as its pom says. */
    private static List<String> modules() throws IOException {
        var modules = new ArrayList<String>();
        var matcher = MODULE.matcher(Files.readString(Path.of("../../pom.xml")));
        while (matcher.find()) {
            modules.add(matcher.group(1));
        }
        assertThat(modules).contains("model", "server");
        modules.removeAll(List.of("picocli", "cli", "e2e"));
        return modules;
    }
}
