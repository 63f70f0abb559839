package dev.mayfly.cli;

import java.util.LinkedHashMap;
import java.util.Map;

/** Why a command cannot go on: what is wrong, and what to type next. */
final class Failure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String fix;
    private final int exitCode;
    private final String code;

    /** @param fix a command to type or a thing to do; empty when there is none */
    Failure(String message, String fix) {
        this(message, fix, 1, "");
    }

    private Failure(String message, String fix, int exitCode, String code) {
        super(message);
        this.fix = fix;
        this.exitCode = exitCode;
        this.code = code;
    }

    /**
     * What the server answered.
     *
     * @param code one of {@link dev.mayfly.model.ErrorCode}, in lower case
     */
    static Failure answered(String code, String message, String fix) {
        return new Failure(message, fix, 1, code);
    }

    /** The command line itself is wrong: exit code 2. */
    static Failure usage(String message, String fix) {
        return new Failure(message, fix, 2, "");
    }

    String message() {
        return String.valueOf(getMessage());
    }

    String fix() {
        return fix;
    }

    /** The server's code for it; empty when it was found here. */
    String code() {
        return code;
    }

    /** {@code {"error":{"code","message","fix"}}}, as the server answers; what was found here has the codes {@code usage} and {@code failed}. */
    JsonObject asJson() {
        var told = new LinkedHashMap<String, Object>();
        told.put("code", code.isEmpty() ? exitCode == 2 ? "usage" : "failed" : code);
        told.put("message", message());
        told.put("fix", fix);
        return new JsonObject(Map.of("error", told));
    }

    int exitCode() {
        return exitCode;
    }
}
