package dev.mayfly.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.model.Digest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tars of blobs, honest and otherwise. */
class UploadTest {
    private static final String DIGEST = Digest.of("hello").hex();

    @TempDir
    Path folder;

    @Test
    void whatIsUploadedIsNoLongerMissing() throws Exception {
        try (var control = new TestControl(folder)) {
            var ask = "{\"digests\":[\"" + DIGEST + "\"]}";
            assertThat(control.json("POST", "/blobs/missing", ask).body())
                    .isEqualTo("{\"missing\":[\"" + DIGEST + "\"]}");

            var answer = control.tar(new TarBytes().file(DIGEST, "hello").bytes());

            assertThat(answer.body()).isEqualTo("{\"stored\":1}");
            assertThat(control.json("POST", "/blobs/missing", ask).body()).isEqualTo("{\"missing\":[]}");
        }
    }

    @Test
    void manyFilesInOneTar() throws Exception {
        try (var control = new TestControl(folder, 64 << 20)) {
            var tar = new TarBytes();
            for (int i = 0; i < 2_000; i++) {
                tar.file(Digest.of("file " + i).hex(), "file " + i);
            }

            assertThat(control.tar(tar.bytes()).body()).isEqualTo("{\"stored\":2000}");
        }
    }

    @Test
    void tarsThatLieAre400AndLeaveNothing() throws Exception {
        var none = new byte[0];
        var lies = List.of(
                new TarBytes().file(Digest.of("other").hex(), "hello").bytes(),
                new TarBytes().file("/etc/passwd", "hello").bytes(),
                new TarBytes().file("../" + DIGEST, "hello").bytes(),
                new TarBytes().file(DIGEST + "x", "hello").bytes(),
                new TarBytes().entry(DIGEST, '2', 0, "/etc/passwd", none).bytes(),
                new TarBytes().entry(DIGEST, '1', 0, "/etc/passwd", none).bytes(),
                new TarBytes().entry(DIGEST, '3', 0, "", none).bytes(),
                new TarBytes().entry(DIGEST, '5', 0, "", none).bytes(),
                new TarBytes().entry(DIGEST, '6', 0, "", none).bytes(),
                new TarBytes()
                        .entry(DIGEST, '0', 100_000, "", "hello".getBytes(StandardCharsets.UTF_8))
                        .cutAfter(700),
                new TarBytes().file(DIGEST, "hello").cutAfter(514),
                "this is no tar, but it is longer than one block of one: "
                        .repeat(20)
                        .getBytes(StandardCharsets.UTF_8));
        try (var control = new TestControl(folder)) {
            for (var lie : lies) {
                var answer = control.tar(lie);

                assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
                assertThat(answer.body()).contains("\"code\":\"bad_request\"");
            }
            assertThat(TestControl.filesBelow(folder.resolve("artifacts"))).isEmpty();
        }
    }

    @Test
    void anotherContentTypeIs400() throws Exception {
        try (var control = new TestControl(folder)) {
            assertThat(control.json("POST", "/blobs", "{}").body())
                    .contains("content-type: application/json (expected: application/x-tar)");
        }
    }

    @Test
    void anUploadOverTheLimitIs413WhetherItSaysSoOrNot() throws Exception {
        try (var control = new TestControl(folder, 10_000)) {
            var content = "x".repeat(20_000);
            var tar = new TarBytes().file(Digest.of(content).hex(), content).bytes();

            var counted = control.tar(tar);
            var chunked = control.send(control.request("/blobs")
                    .POST(HttpRequest.BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(tar)))
                    .header("content-type", "application/x-tar")
                    .build());

            assertThat(counted.statusCode()).isEqualTo(413);
            assertThat(chunked.statusCode()).isEqualTo(413);
            assertThat(chunked.body()).contains("\"code\":\"payload_too_large\"", "larger than 9.8 KiB");
            assertThat(TestControl.filesBelow(folder.resolve("artifacts"))).isEmpty();
        }
    }

    @Test
    void aLongUploadArrivesWhole() throws Exception {
        try (var control = new TestControl(folder, 64 << 20)) {
            var content = new Pattern(20_000_000);
            var digest = Digest.sha256();
            new Pattern(20_000_000).transferTo(new DigestOutputStream(OutputStream.nullOutputStream(), digest));
            var name = Digest.of(digest);
            var head = new TarBytes()
                    .entry(name.hex(), '0', 20_000_000, "", new byte[0])
                    .cutAfter(512);
            var answer = control.send(control.request("/blobs")
                    .POST(HttpRequest.BodyPublishers.ofInputStream(() -> new SequenceInputStream(
                            new ByteArrayInputStream(head),
                            new SequenceInputStream(
                                    content, new ByteArrayInputStream(new byte[512 * 3 - 20_000_000 % 512])))))
                    .header("content-type", "application/x-tar")
                    .build());

            assertThat(answer.body()).isEqualTo("{\"stored\":1}");
            assertThat(control.store.artifacts().missing(Set.of(name))).isEmpty();
        }
    }

    /** So many bytes that do not repeat soon. */
    private static final class Pattern extends InputStream {
        private final long length;
        private long at;

        private Pattern(long length) {
            this.length = length;
        }

        @Override
        public int read() throws IOException {
            var one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] target, int offset, int count) throws IOException {
            if (at == length) {
                return -1;
            }
            int given = (int) Math.min(count, length - at);
            for (int i = 0; i < given; i++) {
                target[offset + i] = (byte) (at * 31 / 8);
                at++;
            }
            return given;
        }
    }
}
