package dev.mayfly.e2e;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** A package of one module, in the form that pip installs without asking anybody. */
final class Wheel {
    private Wheel() {}

    /**
     * Writes it into a project, with the {@code requirements.txt} that asks for it.
     *
     * @param module its name, and that of its package
     */
    static void into(Path project, String module, String version, String source) throws IOException {
        var file = module + "-" + version + "-py3-none-any.whl";
        var wheels = Files.createDirectories(project.resolve("wheels"));
        var about = module + "-" + version + ".dist-info/";
        try (var zip = new ZipOutputStream(Files.newOutputStream(wheels.resolve(file)))) {
            add(zip, module + ".py", source);
            add(zip, about + "METADATA", "Metadata-Version: 2.1\nName: " + module + "\nVersion: " + version + "\n");
            add(zip, about + "WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n");
            add(zip, about + "RECORD", module + ".py,,\n" + about + "METADATA,,\n" + about + "WHEEL,,\n");
        }
        Files.writeString(project.resolve("requirements.txt"), "./wheels/" + file + "\n");
    }

    private static void add(ZipOutputStream zip, String name, String text) throws IOException {
        zip.putNextEntry(new ZipEntry(name));
        zip.write(text.getBytes(StandardCharsets.UTF_8));
        zip.closeEntry();
    }
}
