package dev.mayfly.acme;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodySubscribers;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.shredzone.acme4j.Session;
import org.shredzone.acme4j.connector.DefaultConnection;
import org.shredzone.acme4j.connector.HttpConnector;

/** Has answers whole before anybody reads them, or not at all: none fills the memory, packed or not, or comes byte by byte without an end. */
final class WholeAnswers extends DefaultConnection {
    /** Bytes; long chains of certificates have a tenth of that. */
    static final int MOST = 256 * 1024;

    private final Duration timeout;

    /** @param timeout of an answer from its request to its last byte, redirections included */
    WholeAnswers(HttpConnector connector, Duration timeout) {
        super(connector);
        this.timeout = timeout;
    }

    @Override
    protected void sendRequest(Session session, URL url, Consumer<HttpRequest.Builder> body) throws IOException {
        var request = httpConnector.createRequestBuilder(url).header("Accept-Language", session.getLanguageHeader());
        body.accept(request);
        var sent = httpClient.sendAsync(request.build(), whole());
        try {
            lastResponse = checked(sent.get(timeout.toMillis(), TimeUnit.MILLISECONDS));
        } catch (TimeoutException e) {
            throw new HttpTimeoutException("an answer was not there after " + timeout.toSeconds() + " s");
        } catch (InterruptedException e) {
            throw new IOException("interrupted while waiting for an answer", e);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException known ? known : new IOException(e.getCause());
        } finally {
            sent.cancel(true);
        }
    }

    private static HttpResponse.BodyHandler<InputStream> whole() {
        return head -> BodySubscribers.limiting(
                BodySubscribers.mapping(BodySubscribers.ofByteArray(), ByteArrayInputStream::new), MOST);
    }

    /** What reads answers would unpack them, to whatever size. */
    private static HttpResponse<InputStream> checked(HttpResponse<InputStream> answer) throws IOException {
        if (answer.headers().firstValue("Content-Encoding").isPresent()) {
            throw new IOException("an answer was packed, which was not asked for");
        }
        return answer;
    }
}
