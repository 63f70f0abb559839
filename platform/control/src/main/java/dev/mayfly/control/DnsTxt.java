package dev.mayfly.control;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Hashtable;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import javax.naming.Context;
import javax.naming.NameNotFoundException;
import javax.naming.NamingException;
import javax.naming.directory.InitialDirContext;

/**
 * Asks a name server for TXT records: over UDP from a port and with a number that are hard to guess, over TCP when an answer is too long for
 * that. Blocking, for a bounded time; never on the request path.
 *
 * @param server HOST:PORT; empty: those of this machine
 * @param most how long an answer may take altogether
 */
public record DnsTxt(Optional<String> server, Duration most) {
    private static final Pattern SERVER = Pattern.compile("(?:\\[[0-9A-Fa-f:.]+]|[A-Za-z0-9._-]+):([0-9]{1,5})");

    /** For the first attempt; each further one waits twice as long. */
    private static final String FIRST_WAIT_MILLIS = "1000";

    private static final String ATTEMPTS = "3";

    /** What came of asking. */
    sealed interface Answer {
        /** All texts of that name; none when there is no such name. */
        record Texts(List<String> texts) implements Answer {}

        record Unanswered(String reason) implements Answer {}
    }

    /** Asks as every server does: for eight seconds at most. */
    public static DnsTxt of(Optional<String> server) {
        return new DnsTxt(server, Duration.ofSeconds(8));
    }

    /** @throws IllegalArgumentException saying what was expected */
    public static String server(String option, String text) {
        var matcher = SERVER.matcher(text);
        if (matcher.matches()) {
            int port = Integer.parseInt(matcher.group(1));
            if (port >= 1 && port <= 65_535) {
                return text;
            }
        }
        throw new IllegalArgumentException(option + ": " + text + " (expected: HOST:PORT, as in 127.0.0.1:53)");
    }

    Answer ask(String name) throws InterruptedException {
        var answer = new CompletableFuture<Answer>();
        var asking = Thread.ofVirtual().name("dns").start(() -> {
            try {
                answer.complete(texts(name));
            } catch (RuntimeException | NamingException e) {
                answer.complete(new Answer.Unanswered(reason(e)));
            }
        });
        try {
            return answer.get(most.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            return new Answer.Unanswered("no answer for " + most.toMillis() + " ms");
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        } finally {
            asking.interrupt();
        }
    }

    @SuppressWarnings({"BanJNDI", "JdkObsolete"
    }) // only texts are read of the answer, and this is how JNDI is told things
    private Answer texts(String name) throws NamingException {
        var settings = new Hashtable<String, String>();
        settings.put(Context.INITIAL_CONTEXT_FACTORY, "com.sun.jndi.dns.DnsContextFactory");
        settings.put(Context.PROVIDER_URL, server.map(each -> "dns://" + each).orElse("dns:"));
        settings.put("com.sun.jndi.dns.timeout.initial", FIRST_WAIT_MILLIS);
        settings.put("com.sun.jndi.dns.timeout.retries", ATTEMPTS);
        var context = new InitialDirContext(settings);
        try {
            var record = context.getAttributes(name, new String[] {"TXT"}).get("TXT");
            var texts = new ArrayList<String>();
            if (record != null) {
                for (var each : Collections.list(record.getAll())) {
                    texts.add(unquoted(String.valueOf(each)));
                }
            }
            return new Answer.Texts(texts);
        } catch (NameNotFoundException e) {
            return new Answer.Texts(List.of());
        } finally {
            context.close();
        }
    }

    private static String unquoted(String text) {
        return text.length() > 1 && text.startsWith("\"") && text.endsWith("\"")
                ? text.substring(1, text.length() - 1)
                : text;
    }

    private static String reason(Exception e) {
        var cause = e.getCause();
        var told = cause == null || cause.getMessage() == null ? e.getMessage() : cause.getMessage();
        return told == null ? e.getClass().getSimpleName() : told;
    }
}
