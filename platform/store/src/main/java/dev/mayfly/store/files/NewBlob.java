package dev.mayfly.store.files;

import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.WRITE;

import dev.mayfly.model.Digest;
import dev.mayfly.store.Artifacts;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Optional;

/** A file whose digest is known once it is written. */
final class NewBlob extends OutputStream {
    private final MessageDigest digest = Digest.sha256();
    private final FileChannel file;
    private final long limit;
    private long size;

    private NewBlob(FileChannel file, long limit) {
        this.file = file;
        this.limit = limit;
    }

    /** Makes {@code path}, read only and on disk; empty when {@code content} is more than {@code limit} bytes. Otherwise it may be there in part. */
    static Optional<Artifacts.Stored> write(Path path, Artifacts.BlobContent content, long limit)
            throws IOException, InterruptedException {
        try (var channel = FileChannel.open(path, CREATE_NEW, WRITE);
                var blob = new NewBlob(channel, limit)) {
            content.writeTo(blob);
            Tree.readOnly(path);
            channel.force(true);
            return Optional.of(new Artifacts.Stored(Digest.of(blob.digest), blob.size));
        } catch (TooLong e) {
            return Optional.empty();
        }
    }

    @Override
    public void write(int one) throws IOException {
        write(new byte[] {(byte) one}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        size += length;
        if (size > limit) {
            throw new TooLong();
        }
        digest.update(bytes, offset, length);
        var rest = ByteBuffer.wrap(bytes, offset, length);
        while (rest.hasRemaining()) {
            file.write(rest);
        }
    }

    /** Ends the writing of what is not wanted. */
    private static final class TooLong extends IOException {}
}
