package dev.mayfly.store;

import dev.mayfly.model.Alias;
import dev.mayfly.model.AliasMove;
import dev.mayfly.model.AliasName;
import dev.mayfly.model.Deployment;
import dev.mayfly.model.DeploymentId;
import dev.mayfly.model.DomainName;
import dev.mayfly.model.Principal;
import dev.mayfly.model.ProjectName;
import dev.mayfly.model.Scope;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * What exists: teams, tokens, projects, deployments, aliases, environment. Commands, not rows: each is one transaction that also appends to
 * the change log, and returns the revision it made. Blocking; never called from an event loop.
 */
public interface Catalog extends AutoCloseable {
    /** The one team of a fresh store. */
    String FIRST_TEAM = "default";

    /** Moves of one alias that are remembered, among them what a rollback leads to. */
    int MOST_MOVES = 100;

    /** Moves of all aliases of a project together that are there no longer. */
    int MOST_MOVES_OF_REMOVED = 500;

    /** Aliases of one project. */
    int MOST_ALIASES = 50;

    /** Domains of one project, claimed or verified. */
    int MOST_DOMAINS = 50;

    /** Stores the SHA-256 of a token; the token itself is never stored. */
    long addToken(String tokenDigest, String team, Scope scope);

    /** Who holds the token with this SHA-256. */
    Optional<Principal> principal(String tokenDigest);

    /** Everything at one revision: with all commands that returned here, and soon with those of other servers. */
    Snapshot snapshot();

    /** Calls {@code listener} after commands, in order of revisions, with the newest snapshot, which may be that of several. Not on the caller's thread. */
    void follow(Consumer<Snapshot> listener);

    /**
     * Adds a READY deployment, making its project if it is new, and moves {@code production} to it if {@code promote} or if it is the
     * project's first. One transaction. Ports are loopback ports, kept for as long as what they belong to; those given are kept if the
     * project has one already.
     */
    long addDeployment(String team, Deployment deployment, boolean promote, Ports ports);

    /**
     * Points an alias, which may be new, to other deployments of its project, or has it treat clients otherwise; at once for all who look. What
     * is so already changes nothing.
     *
     * @throws dev.mayfly.model.ProblemException when one of the deployments is not the project's
     */
    default long pointAlias(ProjectName project, Alias target, AliasMove.Cause cause) {
        return changeAlias(project, target.name(), cause, now -> target).revision();
    }

    /**
     * The same with what {@code change} makes of how things are, whatever server made them so: nobody comes between. Where only the stickiness
     * becomes another, that is no move.
     *
     * @param change called in the transaction: quick, without I/O. What it throws leaves all as it was
     */
    AliasChange changeAlias(
            ProjectName project, AliasName name, AliasMove.Cause cause, Function<AliasState, Alias> change);

    /** @throws dev.mayfly.model.ProblemException not found; conflict when it is production, which a project always has */
    long removeAlias(ProjectName project, AliasName alias);

    /** What an alias, or every one, pointed to: at most {@link #MOST_MOVES} of each, and
     * {@link #MOST_MOVES_OF_REMOVED} of those that were removed, newest first. */
    List<AliasMove> moves(ProjectName project, Optional<AliasName> alias);

    /** @throws dev.mayfly.model.ProblemException conflict when an alias points to it */
    long removeDeployment(ProjectName project, DeploymentId deployment);

    /** Removes the project with its deployments, aliases, environment and domains. Usage records stay. */
    long removeProject(ProjectName project);

    /** Sets and (value null is not allowed; see {@link #unsetEnvironment}) encrypts variables; they reach instances started later. */
    long setEnvironment(ProjectName project, Map<String, String> variables);

    long unsetEnvironment(ProjectName project, Set<String> names);

    /** The decrypted variables of a project, for starting an instance: of a project that was asked for since it last changed, without any I/O. Not to be changed. */
    Map<String, String> environment(ProjectName project);

    /**
     * Claims a domain. Any number of projects may claim one that none has verified.
     *
     * @param token what the owner of the name is to publish
     * @throws dev.mayfly.model.ProblemException conflict when another project has verified it, or this one has claimed it
     */
    long addDomain(ProjectName project, DomainName name, String token);

    /**
     * Says that {@code token} was found published: from now on the domain is this project's alone.
     *
     * @throws dev.mayfly.model.ProblemException conflict when another project was first, or the claim has another token
     */
    long verifyDomain(ProjectName project, DomainName name, String token);

    /** Gives up a domain, or the claim to it. */
    long removeDomain(ProjectName project, DomainName name);

    /** Replaces ports that some other program has taken. */
    long movePorts(ProjectName project, Optional<DeploymentId> deployment, int port);

    @Override
    void close();

    /**
     * Loopback ports of a new deployment.
     *
     * @param production of the project's production alias, if the project is new
     * @param deployment of the deployment itself
     */
    record Ports(int production, int deployment) {}
}
