package dev.mayfly.gateway;

import dev.mayfly.gateway.encoding.AcceptEncoding;
import dev.mayfly.model.ContentCoding;
import dev.mayfly.model.Digest;
import dev.mayfly.model.StaticFile;
import dev.mayfly.store.Artifacts;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What is sent of a file: it, or one of its compressed forms. Each has a strong tag of its own, the digest of its bytes.
 *
 * @param coding null: as it is
 * @param content where its bytes lie
 * @param size bytes
 */
record FileForm(@Nullable ContentCoding coding, String etag, Path content, long size) {

    /** The form that suits the client best; empty where the content is lost. */
    static Optional<FileForm> whole(Artifacts artifacts, HttpServerRequest request, StaticFile file) {
        return file.encoded().isEmpty()
                ? plain(artifacts, file)
                : of(artifacts, file, accepted(request).best(file.encoded(), StaticFile.Encoded::coding));
    }

    /**
     * The form that a part is wanted of, for a request with Range. That is the plain one: a part of compressed bytes is of no use by itself, and many a
     * client names what it could decompress with every request. But whoever holds the beginning of a compressed form, and names it, gets the rest.
     */
    static Optional<FileForm> forPart(Artifacts artifacts, HttpServerRequest request, StaticFile file) {
        if (file.encoded().isEmpty()) {
            return plain(artifacts, file);
        }
        var accepted = accepted(request);
        var condition = request.getHeader("if-range");
        for (var encoded : file.encoded()) {
            if (tag(encoded.blob()).equals(condition) && accepted.takes(encoded.coding())) {
                return of(artifacts, file, encoded);
            }
        }
        return accepted.takesIdentity() ? plain(artifacts, file) : whole(artifacts, request, file);
    }

    /** Says in a head how this form is compressed. */
    void encode(MultiMap headers) {
        if (coding != null) {
            headers.set(HttpHeaders.CONTENT_ENCODING, coding.token());
        }
    }

    private static AcceptEncoding accepted(HttpServerRequest request) {
        return AcceptEncoding.of(request.headers().getAll(HttpHeaders.ACCEPT_ENCODING));
    }

    private static Optional<FileForm> of(Artifacts artifacts, StaticFile file, StaticFile.@Nullable Encoded encoded) {
        if (encoded == null) {
            return plain(artifacts, file);
        }
        return artifacts
                .blob(encoded.blob())
                .map(content -> new FileForm(encoded.coding(), tag(encoded.blob()), content, encoded.size()))
                .or(() -> plain(artifacts, file));
    }

    private static Optional<FileForm> plain(Artifacts artifacts, StaticFile file) {
        return artifacts.blob(file.blob()).map(content -> new FileForm(null, tag(file.blob()), content, file.size()));
    }

    private static String tag(Digest blob) {
        return '"' + blob.hex() + '"';
    }
}
