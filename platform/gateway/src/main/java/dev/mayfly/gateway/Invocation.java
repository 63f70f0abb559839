package dev.mayfly.gateway;

import dev.mayfly.engine.Admission;
import dev.mayfly.engine.Caller;
import dev.mayfly.engine.Engine;
import dev.mayfly.engine.InvocationRequest;
import dev.mayfly.engine.Lease;
import dev.mayfly.engine.Place;
import dev.mayfly.gateway.encoding.EncodedAnswer;
import dev.mayfly.gateway.encoding.Encodings;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.InvocationId;
import dev.mayfly.model.Outcome;
import dev.mayfly.model.Problem;
import dev.mayfly.model.Trigger;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One request for a function from the client's side: waiting for a slot, at most {@link Lease#MOST_ATTEMPTS} attempts to have it answered, and one end that both the
 * client and the books hear of. Lives on the event loop of the client's connection.
 */
final class Invocation {
    private final Vertx vertx;
    private final Context loop;

    private final Engine engine;
    private final Upstreams upstreams;
    private final Answers answers;
    private final Encodings encodings;
    private final HttpServerRequest client;
    private final Outgoing outgoing;
    private final Upload upload;
    /** Nobody's before it is asked for. */
    private Place place = () -> {};

    private @Nullable Attempt attempt;
    private @Nullable EarlyConnection early;
    private int attempts;
    /** The attempt before, which reached no code. */
    private @Nullable InvocationId before;

    private boolean over;

    Invocation(
            Vertx vertx,
            GatewayOptions options,
            Engine engine,
            Upstreams upstreams,
            Answers answers,
            Encodings encodings,
            HttpServerRequest client,
            Outgoing outgoing) {
        this.vertx = vertx;
        this.loop = vertx.getOrCreateContext();
        this.engine = engine;
        this.upstreams = upstreams;
        this.answers = answers;
        this.encodings = encodings;
        this.client = client;
        this.outgoing = outgoing;
        this.upload = new Upload(client, options, outgoing.function().limits(), this::tooLarge, this::refused);
    }

    void start() {
        if (Upload.declaredLength(client) > outgoing.function().limits().requestBody()) {
            over = true;
            refuse(bodyTooLarge());
            return;
        }
        client.response().exceptionHandler(failure -> clientGone());
        if (client.version() == HttpVersion.HTTP_2) {
            loop.runOnContext(next -> {
                upload.stop();
                if (!over) {
                    admit();
                }
            });
        } else {
            admit();
        }
    }

    private void admit() {
        var request = new InvocationRequest(
                outgoing.deployment(),
                outgoing.function(),
                outgoing.trigger(),
                outgoing.method().name(),
                outgoing.uri(),
                outgoing.caller(),
                outgoing.split(),
                before);
        place = engine.admit(
                request, admission -> onLoop(() -> admitted(admission)), address -> onLoop(() -> coming(address)));
    }

    /** What it takes to connect is done while the instance loads. */
    private void coming(String address) {
        if (!over && attempt == null) {
            dropEarly();
            early = new EarlyConnection(address, upstreams.connectEarly(address, outgoing));
        }
    }

    private void dropEarly() {
        if (early != null) {
            early.drop();
            early = null;
        }
    }

    /** A connected request to the instance, its head not yet sent. */
    Future<HttpClientRequest> connect(Lease lease) {
        var made = early;
        if (made == null || !made.fits(lease)) {
            dropEarly();
            return upstreams.connect(lease, outgoing);
        }
        early = null;
        return made.request().recover(failure -> upstreams.connect(lease, outgoing));
    }

    private void admitted(Admission admission) {
        switch (admission) {
            case Admission.Granted(var lease)
            when over -> {
                dropEarly();
                lease.giveUp(); // at the same moment as it was granted
            }
            case Admission.Granted(var lease) -> {
                answers.seen(client).invocation(lease.id());
                attempt = new Attempt(this, lease);
                attempts++;
                attempt.start();
            }
            case Admission.Refused(var id, var problem, var seconds) -> {
                dropEarly();
                if (!over) {
                    over = true;
                    answers.seen(client).invocation(id);
                    fail(problem, id, seconds > 0 ? Map.of("retry-after", Integer.toString(seconds)) : Map.of());
                }
            }
        }
    }

    /** Gives the request to another instance, if that is still allowed and {@code lease} saw nothing of it. */
    boolean retry(Lease lease) {
        if (attempts >= Lease.MOST_ATTEMPTS || !upload.repeatable() || !lease.notStarted()) {
            return false;
        }
        attempt = null;
        before = lease.id();
        upload.stop();
        admit();
        return true;
    }

    /** The end, successful or not, for the books; before the client sees it, so that whoever asks for the receipt finds one. */
    void finish(Lease lease, Outcome outcome, int status, long bytesOut) {
        finish(lease, outcome, status, bytesOut, upload.bytes());
    }

    /** The same where what came was not the body of a request. */
    void finish(Lease lease, Outcome outcome, int status, long bytesOut, long bytesIn) {
        over = true;
        attempt = null;
        upload.stop();
        lease.finished(outcome, status, bytesIn, bytesOut);
    }

    /**
     * Prepares the answer, whose head is written but for its framing, to be compressed. What a function asks of another stays on this machine, where
     * that would only cost both.
     *
     * @return null: it goes as it is
     */
    @Nullable EncodedAnswer encoded(boolean hasBody, Consumer<Buffer> out) {
        return outgoing.deployment().compression() && outgoing.caller() instanceof Caller.Outside
                ? encodings.begin(client, hasBody, out)
                : null;
    }

    /**
     * The end of an answer that was passed on.
     *
     * @param last what is left of it; null: nothing
     */
    void endAnswer(@Nullable Buffer last) {
        answers.endAnswer(client, last);
    }

    /** The client has gone, and {@code lease} was used for nothing. */
    void unused(Lease lease) {
        over = true;
        attempt = null;
        upload.stop();
        lease.giveUp();
    }

    void fail(Problem problem, InvocationId id, Map<String, String> further) {
        var headers = new HashMap<>(further);
        if (outgoing.trigger() == Trigger.API) {
            headers.put(ProxyHeaders.INVOCATION, id.toString());
        }
        answers.failure(client, problem, id, headers);
    }

    /** The same; where pages show what the function says of it, not before that was heard. */
    void failWithLastWords(Problem problem, Lease lease) {
        LastWords.await(vertx, lease, answers.patience(), () -> fail(problem, lease.id(), Map.of()));
    }

    void onLoop(Runnable task) {
        if (loop.equals(Vertx.currentContext())) {
            task.run();
        } else {
            loop.runOnContext(ignored -> task.run());
        }
    }

    /** When what has come from the network by now was looked at. */
    void soon(Runnable task) {
        loop.runOnContext(ignored -> task.run());
    }

    HttpServerRequest client() {
        return client;
    }

    Outgoing outgoing() {
        return outgoing;
    }

    /** What observers will see of it. */
    Exchange seen() {
        return answers.seen(client);
    }

    Upload upload() {
        return upload;
    }

    Vertx vertx() {
        return vertx;
    }

    private void clientGone() {
        if (!over) {
            over = true;
            if (attempt != null) {
                attempt.clientGone();
            } else {
                giveUp();
            }
        }
    }

    /** Nothing of it has reached an instance, nor will. */
    private void giveUp() {
        dropEarly();
        place.giveUp();
    }

    private void tooLarge() {
        refused(bodyTooLarge());
    }

    /** By what came after its head. */
    private void refused(Problem problem) {
        if (over) {
            return;
        }
        if (attempt != null) {
            attempt.fail(problem, Outcome.FAILED);
        } else {
            giveUp();
            over = true;
            refuse(problem);
        }
    }

    private void refuse(Problem problem) {
        if (outgoing.trigger() == Trigger.API) {
            answers.refusal(client, problem, List.of());
        } else {
            answers.problem(client, problem);
        }
    }

    private Problem bodyTooLarge() {
        long limit = outgoing.function().limits().requestBody();
        return new Problem(
                ErrorCode.PAYLOAD_TOO_LARGE,
                "the request body is larger than " + limit + " bytes, the limit of the function "
                        + outgoing.function().name(),
                "send less, or set requestBody for it in mayfly.yaml");
    }
}
