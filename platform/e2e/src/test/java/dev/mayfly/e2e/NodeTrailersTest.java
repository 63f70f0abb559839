package dev.mayfly.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Trailers of requests, sent by clients in Node to servers in Node, each in both protocols, and to a function in Python, which has no place for them. */
class NodeTrailersTest {
    private static final String HTTP1 = """
            require('http').createServer((request, response) => {
              let body = '';
              request.on('data', (chunk) => body += chunk);
              request.on('end', () => response.end(JSON.stringify(
                [body, request.headers.trailer, request.trailers])));
            }).listen(process.env.PORT);
            """;

    private static final String H2C = """
            require('http2').createServer().on('stream', (stream, headers) => {
              let body = '', trailers = {};
              stream.on('data', (chunk) => body += chunk);
              stream.on('trailers', (fields) => trailers = fields);
              stream.on('end', () => stream.end(JSON.stringify(
                [body, headers.trailer, trailers])));
            }).listen(process.env.PORT);
            """;

    private static final String CLIENT1 = """
            const url = new URL(process.argv[2]);
            const request = require('http').request(url, { method: 'POST', headers: { trailer: 'X-Checksum, Host' } },
              (response) => response.pipe(process.stdout));
            request.write('body');
            request.addTrailers([['X-Checksum', 'abc'], ['X-Forwarded-For', '6.6.6.6']]);
            request.end();
            """;

    private static final String CLIENT2 = """
            const session = require('http2').connect(process.argv[2]);
            const stream = session.request(
              { ':method': 'POST', ':path': '/', trailer: 'X-Checksum, Host' }, { waitForTrailers: true });
            stream.on('wantTrailers', () => stream.sendTrailers({ 'x-checksum': 'abc', 'x-forwarded-for': '6.6.6.6' }));
            stream.on('end', () => session.close());
            stream.pipe(process.stdout);
            stream.end('body');
            """;

    private static Home home;

    @BeforeAll
    static void start() throws IOException {
        home = Home.started();
        home.project("clients", "http1.js", CLIENT1, "http2.js", CLIENT2);
    }

    @AfterAll
    static void stop() throws IOException {
        home.close();
    }

    @ParameterizedTest
    @CsvSource({"http1, http1", "http1, h2c", "http2, http1", "http2, h2c"})
    void reach_a_server(String client, String protocol) throws IOException {
        var settings = "functions:\n  app:\n    command: [node, main.js]\n    protocol: " + protocol + "\n";
        var url = home.deploy(home.project(
                client + "-" + protocol, "main.js", "h2c".equals(protocol) ? H2C : HTTP1, "mayfly.yaml", settings));

        assertThat(sent(client, url)).isEqualTo("[\"body\",\"X-Checksum\",{\"x-checksum\":\"abc\"}]");
    }

    @Test
    void are_read_past_by_a_function_in_python() throws IOException {
        var url = home.deploy(home.project("python", "app.py", """
                def app(environ, start_response):
                    start_response("200 OK", [])
                    return [environ["wsgi.input"].read()]
                """));

        for (var client : new String[] {"http1", "http2", "http1"}) {
            assertThat(sent(client, url)).isEqualTo("body");
        }
    }

    private static String sent(String client, String url) {
        var origin = URI.create(url).resolve("/");
        return home.sh("node clients/" + client + ".js " + origin).ok().out();
    }
}
