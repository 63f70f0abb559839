package dev.mayfly.gateway.observe;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where the access log goes. A file that was moved or removed is opened anew with the next bytes: whoever rotates it need tell nobody. Of one thread.
 */
final class LogFile implements AutoCloseable {
    private static final byte[] LINE_END = {'\n'};

    private final @Nullable Path path;
    private @Nullable FileChannel channel;
    private @Nullable Object key;
    /** Whether the last bytes broke off, so that what follows must not be taken for their rest. */
    private boolean torn;

    private LogFile(@Nullable Path path) {
        this.path = path;
    }

    /** @throws IOException when it cannot be opened for writing */
    static LogFile at(Path path) throws IOException {
        var file = new LogFile(path);
        file.open(path);
        return file;
    }

    @SuppressWarnings("resource") // standard output is not this one's to close
    static LogFile standardOutput() {
        var file = new LogFile(null);
        file.channel = new FileOutputStream(FileDescriptor.out).getChannel();
        return file;
    }

    /** @throws IOException when not all of it was written */
    void write(byte[] bytes, int length) throws IOException {
        var to = current();
        if (torn) {
            writeAll(to, ByteBuffer.wrap(LINE_END));
            torn = false;
        }
        var left = ByteBuffer.wrap(bytes, 0, length);
        try {
            writeAll(to, left);
        } catch (IOException e) {
            torn = left.position() > 0 && bytes[left.position() - 1] != '\n';
            throw e;
        }
    }

    private static void writeAll(FileChannel to, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            to.write(bytes);
        }
    }

    private FileChannel current() throws IOException {
        var open = channel;
        if (open != null && (path == null || sameFile(path))) {
            return open;
        }
        if (path == null) {
            throw new IOException("closed");
        }
        close();
        return open(path);
    }

    private boolean sameFile(Path path) throws IOException {
        try {
            return Objects.equals(key, keyOf(path));
        } catch (NoSuchFileException moved) {
            return false;
        }
    }

    private static @Nullable Object keyOf(Path path) throws IOException {
        return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
    }

    /** For its owner alone: who calls what is not for everybody. One that is there already stays as it is. */
    private FileChannel open(Path path) throws IOException {
        var opened = FileChannel.open(
                path,
                Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        try {
            key = keyOf(path);
        } catch (IOException e) {
            opened.close();
            throw e;
        }
        torn = false;
        channel = opened;
        return opened;
    }

    @Override
    public void close() throws IOException {
        var open = channel;
        channel = null;
        if (open != null && path != null) {
            open.close();
        }
    }
}
