package dev.mayfly.build.routing;

import java.util.Locale;
import java.util.Map;

/** Content types by extension (IANA media types; text is UTF-8). */
final class ContentTypes {
    private static final String TEXT = "; charset=utf-8";
    private static final Map<String, String> BY_EXTENSION = Map.<String, String>ofEntries(
            Map.entry("html", "text/html" + TEXT),
            Map.entry("htm", "text/html" + TEXT),
            Map.entry("css", "text/css" + TEXT),
            Map.entry("js", "text/javascript" + TEXT),
            Map.entry("mjs", "text/javascript" + TEXT),
            Map.entry("cjs", "text/javascript" + TEXT),
            Map.entry("json", "application/json" + TEXT),
            Map.entry("map", "application/json" + TEXT),
            Map.entry("jsonld", "application/ld+json"),
            Map.entry("geojson", "application/geo+json"),
            Map.entry("gltf", "model/gltf+json"),
            Map.entry("glb", "model/gltf-binary"),
            Map.entry("webmanifest", "application/manifest+json"),
            Map.entry("txt", "text/plain" + TEXT),
            Map.entry("log", "text/plain" + TEXT),
            Map.entry("md", "text/markdown" + TEXT),
            Map.entry("csv", "text/csv" + TEXT),
            Map.entry("tsv", "text/tab-separated-values" + TEXT),
            Map.entry("vtt", "text/vtt" + TEXT),
            Map.entry("ics", "text/calendar" + TEXT),
            Map.entry("xml", "application/xml" + TEXT),
            Map.entry("xhtml", "application/xhtml+xml" + TEXT),
            Map.entry("rss", "application/rss+xml" + TEXT),
            Map.entry("atom", "application/atom+xml" + TEXT),
            Map.entry("yaml", "application/yaml" + TEXT),
            Map.entry("yml", "application/yaml" + TEXT),
            Map.entry("svg", "image/svg+xml"),
            Map.entry("png", "image/png"),
            Map.entry("jpg", "image/jpeg"),
            Map.entry("jpeg", "image/jpeg"),
            Map.entry("gif", "image/gif"),
            Map.entry("webp", "image/webp"),
            Map.entry("avif", "image/avif"),
            Map.entry("apng", "image/apng"),
            Map.entry("jxl", "image/jxl"),
            Map.entry("heic", "image/heic"),
            Map.entry("bmp", "image/bmp"),
            Map.entry("ico", "image/vnd.microsoft.icon"),
            Map.entry("tif", "image/tiff"),
            Map.entry("tiff", "image/tiff"),
            Map.entry("woff", "font/woff"),
            Map.entry("woff2", "font/woff2"),
            Map.entry("ttf", "font/ttf"),
            Map.entry("otf", "font/otf"),
            Map.entry("eot", "application/vnd.ms-fontobject"),
            Map.entry("mp3", "audio/mpeg"),
            Map.entry("m4a", "audio/mp4"),
            Map.entry("aac", "audio/aac"),
            Map.entry("weba", "audio/webm"),
            Map.entry("ogg", "audio/ogg"),
            Map.entry("opus", "audio/ogg"),
            Map.entry("wav", "audio/wav"),
            Map.entry("flac", "audio/flac"),
            Map.entry("mp4", "video/mp4"),
            Map.entry("webm", "video/webm"),
            Map.entry("ogv", "video/ogg"),
            Map.entry("mov", "video/quicktime"),
            Map.entry("m3u8", "application/vnd.apple.mpegurl"),
            Map.entry("pdf", "application/pdf"),
            Map.entry("zip", "application/zip"),
            Map.entry("zst", "application/zstd"),
            Map.entry("gz", "application/gzip"),
            Map.entry("tar", "application/x-tar"),
            Map.entry("wasm", "application/wasm"),
            Map.entry("rtf", "application/rtf"),
            Map.entry("epub", "application/epub+zip"),
            Map.entry("doc", "application/msword"),
            Map.entry("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
            Map.entry("xls", "application/vnd.ms-excel"),
            Map.entry("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            Map.entry("ppt", "application/vnd.ms-powerpoint"),
            Map.entry("pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"));

    private ContentTypes() {}

    /** The type of a file by its name; bytes when nothing is known about it. */
    static String of(String path) {
        var name = path.substring(path.lastIndexOf('/') + 1);
        int dot = name.lastIndexOf('.');
        var extension = dot < 0 ? "" : name.substring(dot + 1).toLowerCase(Locale.ROOT);
        return BY_EXTENSION.getOrDefault(extension, "application/octet-stream");
    }
}
