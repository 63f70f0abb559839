package dev.mayfly.build.python;

import java.util.Locale;
import java.util.regex.Pattern;

/** What a setting of pip names that a build needs for it. Any other setting may hold the path of anything, and is passed on as it is. */
enum Naming {
    /** Folders or files to read, or addresses. */
    PLACES,
    /** A file to read, or its address. */
    FILE,
    /** A file of further settings. */
    CONFIGURATION,
    /** A file with a private key. */
    KEY,
    /** An address that may lack its scheme. */
    PROXY,
    NOTHING;

    /** A proxy is one word, whatever its password holds. */
    static final Pattern PROXY_WORD = Pattern.compile("[^\\s\"']+");

    /** @param setting as it is spelled in a file, or in a variable after {@code PIP_} */
    static Naming of(String setting) {
        return switch (setting.toLowerCase(Locale.ROOT).replace('_', '-').replaceFirst("^--", "")) {
            case "find-links", "index-url", "extra-index-url", "cert", "ssl-cert-dir" -> PLACES;
            case "requests-ca-bundle", "curl-ca-bundle" -> PLACES; // either may be a folder
            case "requirement", "constraint", "build-constraint", "ssl-cert-file" -> FILE;
            case "config-file" -> CONFIGURATION;
            case "client-cert" -> KEY;
            case "proxy", "http-proxy", "https-proxy", "all-proxy" -> PROXY;
            default -> NOTHING;
        };
    }
}
