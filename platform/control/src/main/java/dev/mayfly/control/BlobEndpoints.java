package dev.mayfly.control;

import dev.mayfly.model.Digest;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.Problem;
import dev.mayfly.model.ProblemException;
import dev.mayfly.model.Scope;
import dev.mayfly.store.Artifacts;
import io.vertx.core.VertxException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.jspecify.annotations.Nullable;

/**
 * Uploads: which bytes are missing, and a tar of them. What a tar says is not trusted; only regular files whose name is the digest of their
 * content pass.
 *
 * @param limit bytes of one upload
 * @param full called when the disk is full, to make room for the next try
 */
record BlobEndpoints(Artifacts artifacts, long limit, Runnable full) {

    /** Body of the question. */
    record Digests(@Nullable List<@Nullable String> digests) {}

    List<Endpoint> endpoints() {
        return List.of(
                new Endpoint("POST", "/blobs/missing", Scope.DEPLOY, Set.of(), this::missing),
                new Endpoint("POST", "/blobs", Scope.DEPLOY, Set.of(), this::upload));
    }

    private Answer missing(Call call) {
        var sent = call.json(Digests.class).digests();
        if (sent == null) {
            throw Call.bad("digests: missing (expected: a list)");
        }
        var wanted = new LinkedHashSet<Digest>();
        for (int i = 0; i < sent.size(); i++) {
            wanted.add(digest("digests[" + i + "]", sent.get(i)));
        }
        return Answer.json(Map.of(
                "missing",
                artifacts.missing(wanted).stream().map(Digest::hex).sorted().toList()));
    }

    static Digest digest(String what, @Nullable String text) {
        if (text == null || !Digest.isDigest(text)) {
            throw Call.bad(what + ": " + text + " (expected: 64 lower-case hexadecimal digits)");
        }
        return new Digest(text);
    }

    private Answer upload(Call call) throws Exception {
        var type = call.request().getHeader("content-type");
        if (type == null || !type.startsWith("application/x-tar")) {
            throw Call.bad("content-type: " + type + " (expected: application/x-tar)");
        }
        var length = call.request().getHeader("content-length");
        if (length != null && Long.parseLong(length) > limit) {
            throw LimitedInput.tooLarge(limit).asException();
        }
        return call.client().whilePresent(() -> Answer.json(Map.of("stored", store(call.body()))));
    }

    private int store(InputStream body) throws IOException, InterruptedException {
        int stored = 0;
        try (var intake = new BlobIntake(artifacts, limit);
                var tar = new TarArchiveInputStream(new LimitedInput(body, limit))) {
            for (var entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                var claimed = admitted(entry);
                intake.store(claimed, new Exactly(tar, entry.getSize()), entry.getSize());
                stored++;
            }
            intake.finish();
            return stored;
        } catch (ProblemException e) {
            if (e.problem().code() == ErrorCode.INSUFFICIENT_STORAGE) {
                full.run();
            }
            throw e;
        } catch (IOException e) {
            if (e.getCause() instanceof ProblemException problem) {
                throw problem;
            }
            if (e.getCause() instanceof VertxException || e instanceof InterruptedIOException) {
                throw e;
            }
            throw broken(e.getMessage());
        } catch (IllegalArgumentException e) {
            throw broken(e.getMessage());
        }
    }

    private static Digest admitted(TarArchiveEntry entry) {
        if (!entry.isFile() || entry.isLink() || entry.isSymbolicLink() || entry.isSparse()) {
            throw Call.bad("tar entry " + entry.getName() + ": not a regular file (expected: only regular files)");
        }
        return digest("tar entry", entry.getName());
    }

    private static RuntimeException broken(@Nullable String why) {
        return new ProblemException(
                new Problem(ErrorCode.BAD_REQUEST, "the body is not a whole tar: " + why, "upload again"));
    }

    /** The content of one entry; fails when the tar ends before it does. */
    private static final class Exactly extends InputStream {
        private final InputStream in;
        private long left;

        Exactly(InputStream in, long size) {
            this.in = in;
            this.left = size;
        }

        @Override
        public int read() throws IOException {
            var one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            if (left == 0) {
                return -1;
            }
            int count = in.read(target, offset, (int) Math.min(length, left));
            if (count < 0) {
                throw new EOFException("it ends " + left + " bytes early");
            }
            left -= count;
            return count;
        }
    }
}
