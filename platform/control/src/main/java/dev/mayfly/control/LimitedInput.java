package dev.mayfly.control;

import dev.mayfly.model.DataSize;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.Problem;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** A stream that fails with payload_too_large, as the cause of an IOException, after so many bytes. */
final class LimitedInput extends FilterInputStream {
    private final long limit;
    private long read;

    LimitedInput(InputStream in, long limit) {
        super(in);
        this.limit = limit;
    }

    @Override
    public int read() throws IOException {
        int one = super.read();
        return (int) counted(one, one < 0 ? 0 : 1);
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        int count = super.read(target, offset, length);
        return (int) counted(count, Math.max(0, count));
    }

    @Override
    public long skip(long count) throws IOException {
        long skipped = super.skip(count);
        return counted(skipped, skipped);
    }

    static Problem tooLarge(long limit) {
        return new Problem(
                ErrorCode.PAYLOAD_TOO_LARGE,
                "the upload is larger than " + new DataSize(limit),
                "name in .mayflyignore what the functions do not need, or start the server with a larger --upload-limit");
    }

    private long counted(long result, long more) throws IOException {
        read += more;
        if (read > limit) {
            throw new IOException("too large", tooLarge(limit).asException());
        }
        return result;
    }
}
