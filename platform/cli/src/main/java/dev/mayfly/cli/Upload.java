package dev.mayfly.cli;

import dev.mayfly.model.DataSize;
import dev.mayfly.model.Digest;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Names files by their content and sends those that the server lacks, as one stream. */
final class Upload {
    private final Api api;
    private final Screen screen;

    Upload(Api api, Screen screen) {
        this.api = api;
        this.screen = screen;
    }

    /** The files as {@code POST /projects/{p}/deployments} wants them, after their content has reached the server. */
    List<Object> send(Source source) {
        var entries = new ArrayList<Object>();
        var contents = new LinkedHashMap<String, LocalFile>();
        for (var file : source.files()) {
            var digest = file.link() == null ? digest(file) : null;
            if (digest != null) {
                contents.putIfAbsent(digest, file);
            }
            entries.add(entry(file, digest));
        }
        sendMissing(contents);
        return entries;
    }

    private static Map<String, Object> entry(LocalFile file, @Nullable String digest) {
        var entry = new HashMap<String, Object>();
        entry.put("path", file.path());
        entry.put("size", file.size());
        if (file.link() != null) {
            entry.put("link", file.link());
        } else if (digest != null) {
            entry.put("sha256", digest);
            entry.put("executable", file.executable());
        }
        return entry;
    }

    private void sendMissing(Map<String, LocalFile> contents) {
        if (contents.isEmpty()) {
            return;
        }
        var asked = new JsonObject(Map.of("digests", List.copyOf(contents.keySet())));
        var missing = api.post("/blobs/missing", asked).texts("missing");
        long bytes =
                missing.stream().mapToLong(digest -> size(contents, digest)).sum();
        if (missing.isEmpty()) {
            return;
        }
        var what = "Uploading " + Amounts.count(missing.size(), "file") + ", " + new DataSize(bytes);
        var progress = new Progress(screen, what, bytes);
        api.upload("/blobs", "application/x-tar", out -> {
            var tar = new TarWriter(out);
            for (var digest : missing) {
                var file = contents.get(digest);
                if (file != null) {
                    write(tar, digest, file, progress);
                }
            }
            tar.finish();
        });
        progress.finish();
    }

    private static long size(Map<String, LocalFile> contents, String digest) {
        var file = contents.get(digest);
        return file == null ? 0 : file.size();
    }

    private static void write(TarWriter tar, String digest, LocalFile file, Progress progress) throws IOException {
        try (var content = Files.newInputStream(file.file())) {
            tar.file(digest, file.size(), content, progress::add);
        } catch (EOFException e) {
            throw new Failure(file.path() + " changed while it was read", "deploy again when nothing writes to it");
        }
    }

    private static String digest(LocalFile file) {
        var state = Digest.sha256();
        var buffer = new byte[64 * 1024];
        try (InputStream content = Files.newInputStream(file.file())) {
            for (int read = content.read(buffer); read >= 0; read = content.read(buffer)) {
                state.update(buffer, 0, read);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return Digest.of(state).hex();
    }
}
