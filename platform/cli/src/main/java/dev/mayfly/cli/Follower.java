package dev.mayfly.cli;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/** Follows a project's logs for the person who typed {@code up}, and says when nothing of it runs any more. */
final class Follower {
    private static final long LOOK_EVERY = TimeUnit.MILLISECONDS.toNanos(500);

    private final Screen screen;
    private final Api api;
    private final String path;
    private final AtomicBoolean stopping;

    Follower(Mayfly mayfly, Api api, String project, AtomicBoolean stopping) {
        this.screen = mayfly.screen();
        this.api = api;
        this.path = "/projects/" + Api.encode(project);
        this.stopping = stopping;
    }

    /**
     * Returns when the server ends.
     *
     * @param since milliseconds since 1970 of the first line to show
     */
    int follow(long since) {
        Thread.ofPlatform().daemon().name("zero").start(this::watchForZero);
        var printer = new LogPrinter(screen.errPaint());
        try {
            api.lines("GET", path + "/logs?follow=1&since=" + since, null, line -> {
                screen.say(printer.line(line));
                return true;
            });
        } catch (Failure e) {
            if (!stopping.get()) {
                screen.say("the server has stopped");
            }
        }
        return 0;
    }

    private void watchForZero() {
        boolean running = true;
        while (!stopping.get()) {
            long instances;
            try {
                instances = api.get(path + "/functions").objects("functions").stream()
                        .mapToLong(function -> function.number("instances"))
                        .sum();
            } catch (Failure e) {
                return;
            }
            if (running && instances == 0) {
                screen.say("0 processes: nothing runs, nothing is billed");
            }
            running = instances > 0;
            LockSupport.parkNanos(LOOK_EVERY);
        }
    }
}
