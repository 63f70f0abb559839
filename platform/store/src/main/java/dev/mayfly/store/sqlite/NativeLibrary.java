package dev.mayfly.store.sqlite;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import org.sqlite.SQLiteJDBCLoader;
import org.sqlite.util.LibraryLoaderUtil;

/**
 * SQLite's native library, unpacked once and kept. By itself the driver unpacks it into the temporary folder at each start, which takes 40 to
 * 60 ms, leaves it there when the server is killed, and fails where that folder forbids programs.
 */
final class NativeLibrary {
    private static final String FOLDER = "org.sqlite.lib.path";

    private NativeLibrary() {}

    /** The driver takes the place from system properties, once per process; set by the operator, they stand. */
    static void keepIn(Path folder) throws IOException {
        if (System.getProperty(FOLDER) != null) {
            return;
        }
        var name = LibraryLoaderUtil.getNativeLibName();
        var place = folder.resolve(SQLiteJDBCLoader.getVersion());
        var library = place.resolve(name);
        if (Files.notExists(library)) {
            Files.createDirectories(place);
            unpack(LibraryLoaderUtil.getNativeLibResourcePath() + "/" + name, library);
        }
        System.setProperty(FOLDER, place.toString());
        System.setProperty("org.sqlite.lib.name", name);
    }

    private static void unpack(String resource, Path library) throws IOException {
        var fresh = Files.createTempFile(library.resolveSibling("."), ".new-", "");
        try (var in = SQLiteJDBCLoader.class.getResourceAsStream(resource)) {
            if (in == null) {
                return; // The driver has none for this machine, and says so itself when it is used.
            }
            Files.copy(in, fresh, StandardCopyOption.REPLACE_EXISTING);
            try (var channel = FileChannel.open(fresh, StandardOpenOption.WRITE)) {
                channel.force(true);
            }
            Files.move(fresh, library, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(fresh);
        }
    }
}
