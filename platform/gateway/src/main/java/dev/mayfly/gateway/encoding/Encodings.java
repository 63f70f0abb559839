package dev.mayfly.gateway.encoding;

import dev.mayfly.model.Compressible;
import dev.mayfly.model.ContentCoding;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides, for one event loop, which answers of functions are compressed: those that get smaller by it, that nobody has said not to touch, and that the
 * client can read then. Few enough at a time that their memory is bounded; beyond that, answers go as they are.
 */
public final class Encodings {
    /** At a time and loop; one takes 0.3 to 0.4 MiB. */
    private static final int MOST = 128;

    /** Bytes. What is smaller goes in one packet as it is. */
    static final int SMALLEST = 1024;

    private static final Logger LOG = LoggerFactory.getLogger(Encodings.class);
    private static final CharSequence NO_BUFFERING = HttpHeaders.createOptimized("x-accel-buffering");

    /** What says something about the very bytes (RFC 9530; RFC 1864), which compressing would make untrue. */
    private static final List<String> DIGESTS = List.of("content-digest", "repr-digest", "digest", "content-md5");

    private final Vertx vertx;
    /** Best first: Zstandard takes a third of the time of gzip, which Java has by itself. */
    private final Set<ContentCoding> available = EnumSet.of(ContentCoding.GZIP);

    private boolean zstdAsked;
    private int open;

    public Encodings(Vertx vertx) {
        this.vertx = vertx;
    }

    /**
     * Prepares an answer whose head is in the response, as the function gave it, and not yet sent. Says in it that the answer depends on what the client
     * takes, where it does.
     *
     * @param hasBody whether one comes: the answer to a HEAD is told like that to a GET, and has none
     * @param out sends to the client
     * @return null: the answer goes as it is
     */
    public @Nullable EncodedAnswer begin(HttpServerRequest request, boolean hasBody, Consumer<Buffer> out) {
        var response = request.response();
        var headers = response.headers();
        if (response.getStatusCode() == 304) {
            unchanged(request, headers);
        }
        if (!isFor(response.getStatusCode(), headers)) {
            return null;
        }
        vary(headers);
        if (request.version() == HttpVersion.HTTP_1_0 // which has no chunks
                || says(request.headers(), HttpHeaders.CACHE_CONTROL, "no-transform")) {
            return null;
        }
        var accepted = AcceptEncoding.of(request.headers().getAll(HttpHeaders.ACCEPT_ENCODING));
        if (!zstdAsked && accepted.takes(ContentCoding.ZSTD)) {
            zstdAsked = true;
            loadZstd();
        }
        var coding = accepted.best(available, each -> each);
        if (coding == null) {
            return null;
        }
        if (!hasBody) {
            if (headers.contains(HttpHeaders.CONTENT_LENGTH)) { // else who knows how a GET would begin
                head(headers, coding);
            }
            return null;
        }
        return new EncodedAnswer(this, vertx, request.response(), coding, out);
    }

    /** Null where there is no room. */
    @Nullable Encoder open(ContentCoding coding) {
        if (open == MOST) {
            return null;
        }
        var encoder = new Encoder(coding);
        open++;
        return encoder;
    }

    void close(Encoder encoder) {
        open--;
        encoder.close();
    }

    /** What a client was given compressed it knows by the weak tag that {@link #head} made, and so do caches on the way (RFC 9111, section 4.3.4). */
    private static void unchanged(HttpServerRequest request, MultiMap headers) {
        var tag = headers.get(HttpHeaders.ETAG);
        if (tag != null && says(request.headers(), HttpHeaders.IF_NONE_MATCH, "W/" + tag)) {
            headers.set(HttpHeaders.ETAG, "W/" + tag);
            vary(headers);
        }
    }

    /** Its library takes a tenth of a second, which is too long for an event loop; answers do without until it is there. */
    private void loadZstd() {
        vertx.executeBlocking(() -> {
                    new Encoder(ContentCoding.ZSTD).close();
                    return ContentCoding.ZSTD;
                })
                .onSuccess(available::add)
                .onFailure(e -> LOG.warn("answers are not compressed as zstd on this machine: {}", e.toString()));
    }

    private static boolean isFor(int status, MultiMap headers) {
        if (status < 200 || status == 204 || status == 205 || status == 206 || status == 304) {
            return false;
        }
        if (!isLongEnough(headers.get(HttpHeaders.CONTENT_LENGTH))) {
            return false;
        }
        var type = headers.get(HttpHeaders.CONTENT_TYPE);
        return type != null
                && Compressible.is(type)
                && !headers.contains(HttpHeaders.CONTENT_ENCODING)
                && !headers.contains("content-range")
                && !says(headers, HttpHeaders.CACHE_CONTROL, "no-transform")
                && !says(headers, NO_BUFFERING, "no")
                && !saysDigest(headers);
    }

    private static boolean saysDigest(MultiMap headers) {
        for (var name : DIGESTS) {
            if (headers.contains(name)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isLongEnough(@Nullable String length) {
        if (length == null) {
            return true;
        }
        int bytes = 0;
        for (int i = 0; i < length.length() && bytes < SMALLEST; i++) {
            bytes = bytes * 10 + Character.digit(length.charAt(i), 10);
        }
        return bytes >= SMALLEST;
    }

    private static boolean says(MultiMap headers, CharSequence name, String word) {
        for (var value : headers.getAll(name)) {
            for (var each : value.split(",", -1)) {
                if (each.strip().equalsIgnoreCase(word)) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Caches keep one answer for each kind of client. */
    public static void vary(MultiMap headers) {
        vary(headers, "accept-encoding");
    }

    /** @param by the header of requests that makes the difference */
    public static void vary(MultiMap headers, String by) {
        if (!says(headers, HttpHeaders.VARY, "*") && !says(headers, HttpHeaders.VARY, by)) {
            headers.add(HttpHeaders.VARY, by);
        }
    }

    /** Takes away what would be said of other bytes than those that were sent. */
    static void trailers(MultiMap trailers) {
        DIGESTS.forEach(trailers::remove);
    }

    /** Makes the head of a plain answer that of a compressed one. Its tag no longer stands for the very bytes (RFC 9110, section 8.8.1). */
    static void head(MultiMap headers, ContentCoding coding) {
        headers.set(HttpHeaders.CONTENT_ENCODING, coding.token())
                .remove(HttpHeaders.CONTENT_LENGTH)
                .remove(HttpHeaders.ACCEPT_RANGES);
        var tag = headers.get(HttpHeaders.ETAG);
        if (tag != null && !tag.toLowerCase(Locale.ROOT).startsWith("w/")) {
            headers.set(HttpHeaders.ETAG, "W/" + tag);
        }
    }
}
