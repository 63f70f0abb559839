package dev.mayfly.build.source;

import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.Problem;
import dev.mayfly.model.ProblemException;

/** The ways in which a build ends without a deployment. */
public final class BuildFailure {
    private BuildFailure() {}

    /** The author's mistake, and what to do about it. */
    public static ProblemException of(String message, String fix) {
        return new Problem(ErrorCode.BUILD_FAILED, message, fix).asException();
    }

    /** Something that is understood but not honoured yet. */
    public static ProblemException unsupported(String what) {
        return new Problem(
                        ErrorCode.NOT_SUPPORTED,
                        what + " is not supported yet",
                        "remove it, or deploy with --ignore-unsupported to go without it")
                .asException();
    }
}
