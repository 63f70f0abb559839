package dev.mayfly.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.junit.jupiter.api.Test;

class TarWriterTest {
    @Test
    void another_program_reads_what_was_written() throws IOException {
        var random = new Random(7);
        var written = new LinkedHashMap<String, byte[]>();
        for (int size : new int[] {0, 1, 511, 512, 513, 70_000}) {
            var content = new byte[size];
            random.nextBytes(content);
            written.put("f".repeat(60) + size, content);
        }
        var bytes = new ByteArrayOutputStream();
        var tar = new TarWriter(bytes);
        for (var file : written.entrySet()) {
            tar.file(file.getKey(), file.getValue().length, new ByteArrayInputStream(file.getValue()), read -> {});
        }
        tar.finish();
        assertThat(read(bytes.toByteArray())).containsExactlyEntriesOf(written);
    }

    @Test
    void content_that_is_shorter_than_said_is_an_error() {
        var tar = new TarWriter(new ByteArrayOutputStream());
        assertThatThrownBy(() -> tar.file("x", 3, new ByteArrayInputStream(new byte[2]), read -> {}))
                .isInstanceOf(EOFException.class);
    }

    static Map<String, byte[]> read(byte[] archive) throws IOException {
        var files = new LinkedHashMap<String, byte[]>();
        try (var tar = new TarArchiveInputStream(new ByteArrayInputStream(archive))) {
            for (var entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                assertThat(entry.isFile()).isTrue();
                files.put(entry.getName(), tar.readAllBytes());
            }
        }
        return files;
    }
}
