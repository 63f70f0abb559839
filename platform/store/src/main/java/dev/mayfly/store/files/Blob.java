package dev.mayfly.store.files;

import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.WRITE;

import dev.mayfly.model.Digest;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.Problem;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/** Writes one uploaded file. */
final class Blob {
    private static final int BUFFER = 64 * 1024;

    private Blob() {}

    /** Makes {@code file} with the bytes, read only and on disk. When it throws, the file may be there in part. */
    static void write(Path file, Digest claimed, InputStream bytes, long limit) throws IOException {
        var digest = Digest.sha256();
        var buffer = new byte[BUFFER];
        long size = 0;
        try (var out = FileChannel.open(file, CREATE_NEW, WRITE)) {
            for (int read = bytes.read(buffer); read >= 0; read = bytes.read(buffer)) {
                size += read;
                if (size > limit) {
                    throw new Problem(
                                    ErrorCode.PAYLOAD_TOO_LARGE,
                                    "size of file " + claimed + ": more than " + limit + " bytes")
                            .asException();
                }
                digest.update(buffer, 0, read);
                var chunk = ByteBuffer.wrap(buffer, 0, read);
                while (chunk.hasRemaining()) {
                    out.write(chunk);
                }
            }
            var actual = Digest.of(digest);
            if (!actual.equals(claimed)) {
                throw new Problem(
                                ErrorCode.BAD_REQUEST,
                                "digest of an uploaded file: " + actual + " (expected: " + claimed + ")",
                                "deploy again; the file may have changed while it was sent")
                        .asException();
            }
            Tree.readOnly(file);
            out.force(true);
        }
    }
}
