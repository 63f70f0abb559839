package dev.mayfly.model;

import org.jspecify.annotations.Nullable;

/**
 * A unit that is invoked.
 *
 * @param runtime such as {@code python3.11}; {@link #PROVIDED} for a program that needs no worker of a language
 * @param code layer mounted as the working directory
 * @param dependencies layer of installed packages; null: none
 * @param protocol what its instances speak
 */
public record Function(
        FunctionName name,
        String runtime,
        Entrypoint entrypoint,
        Limits limits,
        Digest code,
        @Nullable Digest dependencies,
        Protocol protocol) {
    /** The runtime of whatever listens on {@code $PORT}. */
    public static final String PROVIDED = "provided";

    /** One that speaks HTTP/1.1. */
    public Function(
            FunctionName name,
            String runtime,
            Entrypoint entrypoint,
            Limits limits,
            Digest code,
            @Nullable Digest dependencies) {
        this(name, runtime, entrypoint, limits, code, dependencies, Protocol.HTTP1);
    }
}
