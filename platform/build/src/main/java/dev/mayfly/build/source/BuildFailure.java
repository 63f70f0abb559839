package dev.mayfly.build.source;

import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.Problem;
import dev.mayfly.model.ProblemException;
import java.util.List;
import java.util.stream.Collectors;

/** The ways in which a build ends without a deployment. */
public final class BuildFailure {
    private BuildFailure() {}

    /** The author's mistake, and what to do about it. */
    public static ProblemException of(String message, String fix) {
        return new Problem(ErrorCode.BUILD_FAILED, message, fix).asException();
    }

    /** Something that is understood but not honoured yet. */
    public static ProblemException unsupported(List<String> all) {
        return new Problem(
                        ErrorCode.NOT_SUPPORTED,
                        all.stream().map(what -> what + " is not supported yet").collect(Collectors.joining("\n")),
                        "remove " + (all.size() == 1 ? "it" : "them")
                                + ", or deploy with --ignore-unsupported to go without")
                .asException();
    }
}
