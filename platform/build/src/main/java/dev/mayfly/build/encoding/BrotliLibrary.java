package dev.mayfly.build.encoding;

import com.aayushatharva.brotli4j.Brotli4jLoader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.StandardCopyOption;

/**
 * The native library of Brotli, loaded once from a file that is gone at once: the one that the loader makes by itself lasts until the process ends well.
 */
final class BrotliLibrary {
    private static final String PATH = "brotli4j.library.path";

    private static boolean loaded;

    private BrotliLibrary() {}

    /** @throws LinkageError where it does not run on this machine */
    static synchronized void load() throws IOException {
        if (!loaded) {
            if (System.getProperty(PATH) == null) {
                unpackAndLoad();
            }
            Brotli4jLoader.ensureAvailability();
            loaded = true;
        }
    }

    private static void unpackAndLoad() throws IOException {
        try (var packed = Brotli4jLoader.class.getResourceAsStream("/lib/" + platform() + "/libbrotli.so")) {
            if (packed == null) {
                return; // the loader has words for that
            }
            var file = Files.createTempFile("mayfly-brotli-", ".so");
            try {
                Files.copy(packed, file, StandardCopyOption.REPLACE_EXISTING);
                System.setProperty(PATH, file.toString());
                Brotli4jLoader.ensureAvailability();
            } finally {
                System.clearProperty(PATH);
                Files.delete(file);
            }
        }
    }

    private static String platform() {
        return "linux-" + (System.getProperty("os.arch").equals("amd64") ? "x86_64" : System.getProperty("os.arch"));
    }
}
