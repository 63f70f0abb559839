package dev.mayfly.build;

import dev.mayfly.model.DeploymentId;
import dev.mayfly.model.ProjectName;
import dev.mayfly.model.SourceFile;
import java.util.List;
import java.util.Map;

/**
 * What was uploaded.
 *
 * @param files all blobs are stored; paths are as sent and not yet trusted
 * @param skipped what the client left out and the builder may want to explain: {@code .venv}, {@code .env}
 * @param settings command line settings that overrule mayfly.yaml; empty for none
 */
public record Source(
        ProjectName project,
        DeploymentId id,
        List<SourceFile> files,
        List<String> skipped,
        Map<String, String> settings,
        boolean ignoreUnsupported) {}
