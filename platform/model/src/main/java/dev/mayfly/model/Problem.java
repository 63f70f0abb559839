package dev.mayfly.model;

/**
 * What is told to whoever asked for something that failed.
 *
 * @param message what is wrong, one sentence or more lines where a list helps
 * @param fix what to do or type next; empty when there is nothing to say
 */
public record Problem(ErrorCode code, String message, String fix) {
    public Problem(ErrorCode code, String message) {
        this(code, message, "");
    }

    public ProblemException asException() {
        return new ProblemException(this);
    }
}
