package dev.mayfly.build;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** A package of one module, made without any tool: as a wheel, or as a folder that builds itself. */
public final class TinyPackage {
    private TinyPackage() {}

    /** The content of {@code tiny-1.0-py3-none-any.whl}. */
    public static byte[] wheel() {
        return wheel("tiny");
    }

    /** The content of {@code NAME-1.0-py3-none-any.whl}, with one module of that name. */
    public static byte[] wheel(String name) {
        var info = name + "-1.0.dist-info/";
        var bytes = new ByteArrayOutputStream();
        try (var zip = new ZipOutputStream(bytes)) {
            entry(zip, name + ".py", "VALUE = 7\n");
            entry(zip, info + "METADATA", "Metadata-Version: 2.1\nName: " + name + "\nVersion: 1.0\n");
            entry(zip, info + "WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n");
            entry(zip, info + "RECORD", name + ".py,,\n" + info + "METADATA,,\n" + info + "WHEEL,,\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /** A build backend that runs {@code lines} and then makes the wheel of a package called {@code tiny}. */
    public static String[] backend(String... lines) {
        return String.join(
                        "\n",
                        "import os, subprocess, sys, zipfile",
                        "def build_wheel(to, config_settings=None, metadata_directory=None):",
                        "    " + String.join("\n    ", lines),
                        "    name = 'tiny-1.0-py3-none-any.whl'",
                        "    with zipfile.ZipFile(os.path.join(to, name), 'w') as wheel:",
                        "        info = 'tiny-1.0.dist-info/'",
                        "        wheel.writestr('tiny.py', 'VALUE = 7')",
                        "        wheel.writestr(info + 'METADATA', 'Metadata-Version: 2.1\\nName: tiny\\nVersion: 1.0\\n')",
                        "        wheel.writestr(info + 'WHEEL', 'Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')",
                        "        wheel.writestr(info + 'RECORD', '')",
                        "    return name")
                .split("\n", -1);
    }

    /** The {@code pyproject.toml} that goes with {@link #backend}. */
    public static String[] pyproject() {
        return new String[] {"[build-system]", "requires = []", "build-backend = 'backend'", "backend-path = ['.']"};
    }

    private static void entry(ZipOutputStream zip, String name, String text) throws IOException {
        zip.putNextEntry(new ZipEntry(name));
        zip.write(text.getBytes(StandardCharsets.UTF_8));
        zip.closeEntry();
    }
}
