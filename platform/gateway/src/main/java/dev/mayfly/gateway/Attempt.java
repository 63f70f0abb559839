package dev.mayfly.gateway;

import dev.mayfly.engine.Lease;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.Outcome;
import dev.mayfly.model.Problem;
import dev.mayfly.model.Protocol;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpClosedException;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import java.io.IOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One attempt to have an instance answer a request. Everything read from the instance is untrusted. Exactly one of: the answer is passed on to
 * its end, the client is told what went wrong (or cut off, once it has seen a head), or the request goes to another instance.
 */
final class Attempt implements PassedAnswer.Listener {
    /** How long after an instance closed its connection the engine is given to say why: a crash has a better name than "no answer". */
    private static final long REASON_MILLIS = 1000;

    /** How long a client is given to read what an instance that is gone has said. */
    private static final long READ_MILLIS = 30_000;

    private final Invocation invocation;
    private final Lease lease;
    private final HttpServerResponse answer;
    private final boolean h2c;
    private final EarlyHints hints;
    private @Nullable HttpClientRequest request;
    private @Nullable PassedAnswer passed;
    private @Nullable Tunnel tunnel;
    private @Nullable Long reasonTimer;
    private @Nullable Problem reason;
    private boolean written;
    private boolean answered;
    private boolean repeated;
    private @Nullable Throwable late;
    private boolean settled;

    Attempt(Invocation invocation, Lease lease) {
        this.invocation = invocation;
        this.lease = lease;
        this.answer = invocation.client().response();
        this.h2c = invocation.outgoing().function().protocol() == Protocol.H2C;
        this.hints = new EarlyHints(invocation, h2c);
    }

    void start() {
        lease.onAbort(problem -> invocation.onLoop(() -> aborted(problem)));
        connect();
    }

    private void connect() {
        invocation.connect(lease).onComplete(this::connected, this::broken);
    }

    private void connected(HttpClientRequest connected) {
        if (settled) {
            Upstreams.leave(connected);
            return;
        }
        request = connected;
        if (!h2c) { // which reaches a program as it is
            connected.putHeader(ProxyHeaders.INVOCATION, lease.id().toString());
        }
        if (RequestIdHeader.said(invocation.client().headers()) == null) {
            connected.putHeader(RequestIdHeader.NAME, lease.id().toString());
        }
        connected.exceptionHandler(cause -> broken(connected, cause));
        connected.earlyHintsHandler(hint -> {
            if (!settled && !answered) {
                hints.pass(hint);
            }
        });
        if (invocation.outgoing().upgrade()) {
            connected.connect().onComplete(this::answered, cause -> broken(connected, cause));
        } else {
            written = true;
            connected.response().onComplete(this::answered, cause -> broken(connected, cause));
            invocation.upload().sendTo(connected);
        }
    }

    private void answered(HttpClientResponse head) {
        if (settled) {
            return;
        }
        if (head.statusCode() == 101 && invocation.outgoing().upgrade()) {
            upgrade(head);
            return;
        }
        if (head.statusCode() < 200 || head.statusCode() > 599) {
            fail(badResponse("it answered " + head.statusCode()), Outcome.FAILED);
            return;
        }
        if (head.statusCode() == 500 && "function_failed".equals(head.getHeader("x-mayfly-error"))) {
            failedInUserCode();
            return;
        }
        var passing = new PassedAnswer(invocation, head);
        try {
            passing.head(lease.id());
        } catch (IllegalArgumentException e) {
            fail(badResponse(e.getMessage()), Outcome.FAILED);
            return;
        }
        answered = true;
        passed = passing;
        passing.begin(this);
    }

    /** From here on both sides say what they like; the invocation lasts until one of them ends that. */
    private void upgrade(HttpClientResponse head) {
        try {
            ProxyHeaders.toClient(head.headers(), answer.headers());
        } catch (IllegalArgumentException e) {
            fail(badResponse(e.getMessage()), Outcome.FAILED);
            return;
        }
        answered = true;
        ProxyHeaders.upgrade(answer.headers().remove(HttpHeaders.CONTENT_LENGTH));
        answer.setStatusCode(101).putHeader(Answers.REQUEST_ID, lease.id().toString());
        var inside = head.netSocket();
        inside.pause();
        invocation.seen().tunnelled();
        invocation
                .client()
                .toNetSocket()
                .onSuccess(outside -> tunnel = new Tunnel(outside, inside, this::tunnelEnded))
                .onFailure(gone -> {
                    inside.close();
                    invocation.seen().tunnelEnded(0, 0);
                });
    }

    private void tunnelEnded(Tunnel ended) {
        invocation.seen().tunnelEnded(ended.bytesIn(), ended.bytesOut());
        if (!settled) {
            settle(false);
            invocation.finish(lease, Outcome.OK, 101, ended.bytesOut(), ended.bytesIn());
        }
    }

    @Override
    public void complete() {
        if (passed == null) {
            return;
        }
        @Nullable Buffer last;
        try {
            last = passed.end();
        } catch (IllegalArgumentException e) {
            fail(badResponse(e.getMessage()), Outcome.FAILED);
            return;
        }
        settle(!isReusable());
        invocation.finish(lease, Outcome.OK, answer.getStatusCode(), bytesOut());
        invocation.endAnswer(last);
    }

    @Override
    public void drained() {
        if (late != null) {
            invocation.soon(() -> {
                if (late != null && !held()) {
                    broken(late);
                }
            });
        }
    }

    private boolean held() {
        return passed != null && passed.held();
    }

    private long bytesOut() {
        return passed == null ? 0 : passed.bytes();
    }

    private void broken(HttpClientRequest of, Throwable cause) {
        if (of.equals(request)) {
            broken(cause);
        }
    }

    /** The connection failed, or what came over it is not HTTP. */
    @Override
    public void broken(Throwable cause) {
        if (settled || tunnel != null) {
            return;
        }
        if (h2c) {
            brokenH2c(cause);
        } else if (request == null) {
            lost(badResponse("it takes no connection"));
        } else if (answered) {
            fail(badResponse("it broke off in the middle of an answer"), Outcome.FAILED);
        } else if (cause instanceof HttpClosedException || cause instanceof IOException) {
            awaitReason(InstanceFailure.silent(Grpc.isCall(invocation.client())));
        } else {
            fail(badResponse(InstanceFailure.notHttp1()), Outcome.FAILED);
        }
    }

    private void brokenH2c(Throwable cause) {
        if (request == null) {
            var failure = InstanceFailure.noHttp2(cause);
            awaitReason(failure);
        } else if (held()) { // it may have said all before that, and the client still reads
            late = cause;
        } else if (reason != null) {
            lost(reason);
        } else if (reasonTimer != null) {
            return; // it has failed, and what follows from that is not the cause
        } else if (!answered) {
            var failure = InstanceFailure.ofStream(cause, request);
            if (failure.refused() && !repeated && invocation.upload().repeatable()) {
                repeated = true;
                request = null;
                written = false;
                invocation.upload().stop();
                connect();
            } else {
                awaitReason(failure);
            }
        } else {
            fail(badResponse("it broke off in the middle of an answer"), Outcome.FAILED);
        }
    }

    private void awaitReason(InstanceFailure failure) {
        if (!failure.gone()) {
            lost(badResponse(failure));
        } else if (reasonTimer == null) {
            reasonTimer = invocation.vertx().setTimer(REASON_MILLIS, late -> lost(badResponse(failure)));
        }
    }

    private void aborted(Problem problem) {
        if (settled) {
            return;
        }
        if (problem.code() == ErrorCode.FUNCTION_TIMEOUT) {
            fail(problem, Outcome.TIMEOUT);
        } else if (h2c && written && reasonTimer == null) {
            // What it has said may be whole, and still be on its way: the end of an answer of HTTP/2 is told by nothing
            // else.
            reason = problem;
            reasonTimer = invocation.vertx().setTimer(REASON_MILLIS, passed -> unlessRead(problem));
        } else {
            lost(problem);
        }
    }

    /** Nobody else ends an answer whose instance is gone and whose client reads no further. */
    private void unlessRead(Problem problem) {
        if (late == null) {
            lost(problem);
        } else {
            reasonTimer = invocation.vertx().setTimer(READ_MILLIS, passed -> lost(problem));
        }
    }

    /** The instance will not answer; another may, if this one has not begun. */
    private void lost(Problem problem) {
        if (settled) {
            return;
        }
        // What a program did with a request of HTTP/2 nobody tells, so one that was written is not sent again.
        boolean unseen = !answered && !(h2c && written);
        if (unseen && invocation.retry(lease)) {
            settle(true);
        } else {
            fail(problem, Outcome.FAILED);
        }
    }

    private void failedInUserCode() {
        var name = invocation.outgoing().function().name();
        settle(!isReusable());
        var problem = new Problem(
                ErrorCode.FUNCTION_FAILED,
                "the function " + name + " failed",
                "mayfly logs " + invocation.outgoing().deployment().project() + " --request " + lease.id());
        invocation.finish(lease, Outcome.FAILED, problem.code().status(), bytesOut());
        invocation.failWithLastWords(problem, lease);
    }

    void fail(Problem problem, Outcome outcome) {
        settle(true);
        end(problem, outcome);
    }

    private void end(Problem problem, Outcome outcome) {
        int status =
                answer.headWritten() ? answer.getStatusCode() : problem.code().status();
        if (tunnel == null) {
            invocation.finish(lease, outcome, status, bytesOut());
        } else {
            invocation.finish(lease, outcome, status, tunnel.bytesOut(), tunnel.bytesIn());
            invocation.seen().failed(problem, lease.id());
            invocation.seen().tunnelEnded(tunnel.bytesIn(), tunnel.bytesOut());
        }
        invocation.fail(problem, lease.id(), Map.of());
    }

    void clientGone() {
        if (tunnel != null) {
            return; // which sees for itself, and to it that is a good end
        }
        settle(true);
        if (request == null && !repeated) {
            invocation.unused(lease);
            return;
        }
        invocation.finish(lease, Outcome.DISCONNECTED, answered ? answer.getStatusCode() : 0, bytesOut());
    }

    /** Not where the request is still on its way, nor where Vert.x waits for the other protocol that it asked for. */
    private boolean isReusable() {
        return invocation.upload().complete() && !invocation.outgoing().upgrade();
    }

    /** @param breakOff closes the connection to the instance: it is in the middle of something that nobody waits for */
    private void settle(boolean breakOff) {
        settled = true;
        if (passed != null) {
            passed.stop();
        }
        if (reasonTimer != null) {
            invocation.vertx().cancelTimer(reasonTimer);
        }
        if (tunnel != null && tunnel.isOpen()) {
            tunnel.close();
            var client = invocation.client().connection();
            invocation.vertx().setTimer(ConnectionClock.CUT_MILLIS, late -> AcceptedConnections.cut(client));
        } else if (breakOff && request != null) {
            Upstreams.leave(request);
        }
    }

    private Problem badResponse(@Nullable String what) {
        return badResponse(InstanceFailure.of(what));
    }

    private Problem badResponse(InstanceFailure failure) {
        return failure.problem(invocation.outgoing(), lease.id().toString());
    }
}
