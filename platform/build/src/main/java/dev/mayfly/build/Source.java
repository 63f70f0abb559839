package dev.mayfly.build;

import dev.mayfly.build.tool.Owner;
import dev.mayfly.model.DeploymentId;
import dev.mayfly.model.Digest;
import dev.mayfly.model.ProjectName;
import dev.mayfly.model.SourceFile;
import dev.mayfly.model.StaticFile;
import java.util.List;
import java.util.Map;

/**
 * What was uploaded.
 *
 * @param projectCreatedAt milliseconds since 1970; 0: there is no such project yet
 * @param files all blobs are stored; paths are as sent and not yet trusted
 * @param skipped what the client left out and the builder may want to explain: {@code .venv}, {@code .env}
 * @param compressed forms that earlier deployments have of their files, by the digest of what is compressed
 * @param settings command line settings that overrule mayfly.yaml; empty for none
 */
public record Source(
        ProjectName project,
        long projectCreatedAt,
        DeploymentId id,
        List<SourceFile> files,
        List<String> skipped,
        Map<Digest, List<StaticFile.Encoded>> compressed,
        Map<String, String> settings,
        boolean ignoreUnsupported) {
    Owner owner() {
        return new Owner(project, projectCreatedAt);
    }
}
