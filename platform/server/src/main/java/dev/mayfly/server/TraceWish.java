package dev.mayfly.server;

import dev.mayfly.gateway.TraceRules;
import dev.mayfly.gateway.observe.SampleRate;
import dev.mayfly.traces.OtlpTraces;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * What is asked of traces.
 *
 * @param collector of OTLP over HTTP; empty: no spans are made
 * @param headers for it, which hold secrets
 */
record TraceWish(Optional<URI> collector, Map<String, String> headers, TraceRules rules) {
    private static final String COLLECTOR = "--otlp";
    private static final String SAMPLE = "--sample-traces";
    /** As OpenTelemetry's own programs read it: {@code name=value,name=value}, values percent-encoded. Secrets have no place on a command line. */
    private static final String HEADERS = "OTEL_EXPORTER_OTLP_HEADERS";

    private static final String PATH = "/v1/traces";

    /** @throws IllegalArgumentException naming the option and what it expects */
    static TraceWish of(RawOptions raw, Map<String, String> environment) {
        var collector = raw.value(COLLECTOR).map(TraceWish::endpoint);
        var part = raw.value(SAMPLE).map(TraceWish::part);
        return new TraceWish(
                collector,
                collector.isPresent() ? headers(environment.getOrDefault(HEADERS, "")) : Map.of(),
                new TraceRules(collector.isPresent(), part.orElse(collector.isPresent() ? 1.0 : 0.0)));
    }

    private static URI endpoint(String text) {
        try {
            var uri = new URI(text.strip());
            boolean web = "http".equalsIgnoreCase(uri.getScheme()) || "https".equalsIgnoreCase(uri.getScheme());
            if (web
                    && uri.getHost() != null
                    && uri.getUserInfo() == null
                    && uri.getQuery() == null
                    && uri.getFragment() == null) {
                var path = uri.getPath().replaceFirst("/+$", "");
                return path.endsWith(PATH) ? uri : uri.resolve(path + PATH);
            }
        } catch (URISyntaxException e) {
            // said below
        }
        throw new IllegalArgumentException(COLLECTOR + ": " + text
                + " (expected: a collector's address for OTLP over HTTP, as http://127.0.0.1:4318)");
    }

    private static double part(String text) {
        if (text.equals("0")) {
            return 0;
        }
        try {
            return SampleRate.parse(text).part();
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(SAMPLE + ": " + text + " (expected: from 0 to 1, as 0.1 or 1/10)", e);
        }
    }

    private static Map<String, String> headers(String text) {
        var headers = new LinkedHashMap<String, String>();
        for (var pair : text.split(",", -1)) {
            if (pair.isBlank()) {
                continue;
            }
            int equals = pair.indexOf('=');
            var name = pair.substring(0, Math.max(equals, 0)).strip();
            if (!name.matches("[!#$%&'*+.^_`|~0-9A-Za-z-]+")) {
                // without the text, which may be a secret
                throw new IllegalArgumentException(HEADERS + " (expected: name=value, with a comma between two)");
            }
            headers.put(name, value(pair.substring(equals + 1).strip()));
        }
        return headers;
    }

    private static String value(String encoded) {
        try {
            var value = URLDecoder.decode(encoded.replace("+", "%2B"), StandardCharsets.UTF_8);
            if (value.chars().allMatch(c -> c == '\t' || (c >= ' ' && c <= '~'))) {
                return value;
            }
        } catch (IllegalArgumentException e) {
            // said below
        }
        throw new IllegalArgumentException(HEADERS + " (expected: values in ASCII, percent-encoded)");
    }

    /** Begins it. */
    Optional<OtlpTraces> open(String version, RandomGenerator random) {
        return collector.map(to -> new OtlpTraces(to, headers, version, rules, random));
    }

    @Override
    public String toString() {
        return "TraceWish[" + collector + ", " + headers.keySet() + ", " + rules + "]";
    }
}
