package dev.mayfly.store.sqlite;

import dev.mayfly.model.Alias;
import dev.mayfly.model.AliasMove;
import dev.mayfly.model.AliasName;
import dev.mayfly.model.Deployment;
import dev.mayfly.model.DeploymentId;
import dev.mayfly.model.Digest;
import dev.mayfly.model.DomainName;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.Principal;
import dev.mayfly.model.Problem;
import dev.mayfly.model.ProblemException;
import dev.mayfly.model.ProjectName;
import dev.mayfly.model.Scope;
import dev.mayfly.model.Share;
import dev.mayfly.store.AliasChange;
import dev.mayfly.store.AliasState;
import dev.mayfly.store.Catalog;
import dev.mayfly.store.Snapshot;
import dev.mayfly.store.json.DeploymentJson;
import dev.mayfly.store.json.Json;
import dev.mayfly.store.secret.Sealer;
import dev.mayfly.store.sqlite.Changes.Change;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The catalog in SQLite. The snapshot is kept in memory; after each commit, and before its command returns, the changed project is put in
 * its place. What other servers commit is found by the revision of the change log, which is one more with each command.
 */
final class SqliteCatalog implements Catalog {
    private static final Pattern VARIABLE = Pattern.compile("[A-Za-z_][A-Za-z0-9_]{0,255}");
    private static final int LONGEST_VALUE = 64 * 1024;

    private final Database database;
    private final Sealer sealer;
    private final Clock clock;
    private final DeploymentJson json;
    private final Projects projects;
    private final Changes changes;
    private final Followers followers = new Followers();
    private final Environments environments = new Environments(this::decrypted);
    private final Watch watch;
    /** Changed on the writing thread only. */
    private volatile Snapshot current;

    SqliteCatalog(Database database, Sealer sealer, Clock clock) {
        this.database = database;
        this.sealer = sealer;
        this.clock = clock;
        var mapper = Json.mapper();
        this.json = new DeploymentJson(mapper);
        this.projects = new Projects(json);
        this.changes = new Changes(mapper);
        checkKey();
        this.current = database.readAtOnce(projects::load);
        this.watch = new Watch(this::catchUp);
    }

    /** From now on it shows what other servers do to the store, too. */
    void watch() {
        watch.start();
    }

    void watchNoLonger() {
        watch.close();
    }

    @Override
    public long addToken(String tokenDigest, String team, Scope scope) {
        if (!Digest.isDigest(tokenDigest)) {
            throw bad("token digest: (expected: the SHA-256 of a token, 64 lower-case hexadecimal digits)");
        }
        var written = scope.name().toLowerCase(Locale.ROOT);
        return change(connection -> {
            requireTeam(connection, team);
            Sql.update(
                    connection,
                    "INSERT INTO token (digest, team, scope, created_at) VALUES (?, ?, ?, ?)"
                            + " ON CONFLICT (digest) DO UPDATE SET team = excluded.team, scope = excluded.scope",
                    tokenDigest,
                    team,
                    written,
                    clock.millis());
            return appended(connection, "token.added", team, Map.of("scope", written));
        });
    }

    @Override
    public Optional<Principal> principal(String tokenDigest) {
        return database.read(connection -> Sql.first(
                connection,
                "SELECT team, scope FROM token WHERE digest = ?",
                row -> new Principal(
                        row.getString(1), Scope.valueOf(row.getString(2).toUpperCase(Locale.ROOT))),
                tokenDigest));
    }

    @Override
    public Snapshot snapshot() {
        return current;
    }

    @Override
    public void follow(Consumer<Snapshot> listener) {
        followers.add(listener);
    }

    @Override
    public long addDeployment(String team, Deployment deployment, boolean promote, Ports ports) {
        var document = json.write(deployment);
        var project = deployment.project();
        var id = deployment.id();
        return change(connection -> {
            requireTeam(connection, team);
            if (exists(connection, "SELECT 1 FROM deployment WHERE id = ?", id.value())) {
                throw conflict("there is a deployment " + id + " already", "deploy again");
            }
            boolean isNew = join(connection, project, team, ports.production());
            Sql.update(
                    connection,
                    "INSERT INTO deployment (id, project, created_at, mode, files, bytes, document)"
                            + " VALUES (?, ?, ?, ?, ?, ?, ?)",
                    id.value(),
                    project.value(),
                    deployment.createdAt(),
                    deployment.mode(),
                    deployment.files(),
                    deployment.bytes(),
                    document);
            putPort(connection, project, id, ports.deployment());
            boolean moved = promote
                    || Aliases.find(connection, project, AliasName.PRODUCTION).isEmpty();
            if (moved) {
                Aliases.promote(connection, project, id);
            }
            var change = changed(
                    connection,
                    project,
                    "deployment.added",
                    Map.of("deployment", id.value(), "newProject", isNew, "production", moved),
                    deployment);
            if (moved) {
                Aliases.remember(
                        connection,
                        change.revision(),
                        clock.millis(),
                        project,
                        AliasName.PRODUCTION,
                        AliasMove.Cause.DEPLOY,
                        List.of(new Share(id, 1)));
            }
            return change;
        });
    }

    /** Where nothing changes, the revision is the one that is shown already, or soon if another server made it. */
    @Override
    public AliasChange changeAlias(
            ProjectName project, AliasName name, AliasMove.Cause cause, Function<AliasState, Alias> change) {
        var moved = database.<Moved>write(
                connection -> {
                    requireProject(connection, project);
                    var state = Aliases.state(connection, project, name);
                    var target = change.apply(state);
                    for (var share : target.shares()) {
                        requireDeployment(connection, project, share.deployment());
                    }
                    var before = state.alias();
                    var after = Aliases.point(connection, project, target);
                    if (before.equals(Optional.of(after))) {
                        return new Moved(new AliasChange(Changes.revision(connection), before, after), null);
                    }
                    var made = moved(connection, project, before, after, cause);
                    return new Moved(new AliasChange(made.revision(), before, after), made);
                },
                done -> {
                    if (done.shown() != null) {
                        publish(done.shown());
                    } else if (done.change().revision() > current.revision()) {
                        watch.tell();
                    }
                });
        return moved.change();
    }

    /** @param shown null: nothing is to be shown anew */
    private record Moved(AliasChange change, @Nullable Change shown) {}

    private Change moved(
            Connection connection, ProjectName project, Optional<Alias> before, Alias after, AliasMove.Cause cause)
            throws SQLException {
        var change = changed(
                connection,
                project,
                "alias.moved",
                Map.of(
                        "alias",
                        after.name().value(),
                        "from",
                        before.map(alias -> alias.shares().toString()).orElse(""),
                        "to",
                        after.shares().toString(),
                        "cause",
                        cause.word()),
                null);
        if (!before.map(Alias::shares).equals(Optional.of(after.shares()))) {
            Aliases.remember(
                    connection, change.revision(), clock.millis(), project, after.name(), cause, after.shares());
        }
        return change;
    }

    @Override
    public long removeAlias(ProjectName project, AliasName alias) {
        return change(connection -> {
            requireProject(connection, project);
            if (alias.equals(AliasName.PRODUCTION)) {
                throw conflict("every project has its production", "mayfly promote points it to another deployment");
            }
            if (Aliases.find(connection, project, alias).isEmpty()) {
                throw new Problem(
                                ErrorCode.NOT_FOUND,
                                "there is no alias " + alias + " of " + project,
                                "mayfly alias --project " + project)
                        .asException();
            }
            Aliases.remove(connection, project, alias);
            var change = changed(connection, project, "alias.removed", Map.of("alias", alias.value()), null);
            Aliases.remember(
                    connection, change.revision(), clock.millis(), project, alias, AliasMove.Cause.REMOVE, List.of());
            return change;
        });
    }

    @Override
    public List<AliasMove> moves(ProjectName project, Optional<AliasName> alias) {
        return database.read(connection -> Aliases.moves(connection, project, alias));
    }

    @Override
    public long removeDeployment(ProjectName project, DeploymentId deployment) {
        return change(connection -> {
            requireProject(connection, project);
            requireDeployment(connection, project, deployment);
            var aliases = Aliases.of(connection, deployment);
            if (!aliases.isEmpty()) {
                throw conflict(
                        "deployment " + deployment + " is what " + String.join(", ", aliases) + " of " + project
                                + " points to",
                        "point them elsewhere with mayfly promote or mayfly alias, or remove the project: mayfly rm "
                                + project);
            }
            Sql.update(connection, "DELETE FROM deployment WHERE id = ?", deployment.value());
            return changed(connection, project, "deployment.removed", Map.of("deployment", deployment.value()), null);
        });
    }

    @Override
    public long removeProject(ProjectName project) {
        return change(connection -> {
            requireProject(connection, project);
            Aliases.removeAll(connection, project);
            Sql.update(connection, "DELETE FROM project WHERE name = ?", project.value());
            return changed(connection, project, "project.removed", Map.of(), null);
        });
    }

    @Override
    public long setEnvironment(ProjectName project, Map<String, String> variables) {
        variables.forEach(SqliteCatalog::requireVariable);
        var sealed = new TreeMap<String, byte[]>();
        variables.forEach((name, value) -> sealed.put(name, sealer.seal(project.value(), name, value)));
        return change(connection -> {
            requireProject(connection, project);
            for (var variable : sealed.entrySet()) {
                Sql.update(
                        connection,
                        "INSERT INTO environment (project, name, sealed, updated_at) VALUES (?, ?, ?, ?)"
                                + " ON CONFLICT (project, name)"
                                + " DO UPDATE SET sealed = excluded.sealed, updated_at = excluded.updated_at",
                        project.value(),
                        variable.getKey(),
                        variable.getValue(),
                        clock.millis());
            }
            return changed(connection, project, "environment.set", Map.of("names", sealed.keySet()), null);
        });
    }

    @Override
    public long unsetEnvironment(ProjectName project, Set<String> names) {
        return change(connection -> {
            requireProject(connection, project);
            for (var name : names) {
                Sql.update(connection, "DELETE FROM environment WHERE project = ? AND name = ?", project.value(), name);
            }
            return changed(connection, project, "environment.unset", Map.of("names", new TreeSet<>(names)), null);
        });
    }

    @Override
    public Map<String, String> environment(ProjectName project) {
        return environments.of(project, current.project(project));
    }

    private Map<String, String> decrypted(ProjectName project) {
        var variables = new TreeMap<String, String>();
        database.read(connection -> {
            requireProject(connection, project);
            return Sql.list(
                    connection,
                    "SELECT name, sealed FROM environment WHERE project = ?",
                    row -> {
                        var name = row.getString(1);
                        return variables.put(name, sealer.open(project.value(), name, row.getBytes(2)));
                    },
                    project.value());
        });
        return variables;
    }

    @Override
    public long addDomain(ProjectName project, DomainName name, String token) {
        return changeDomain(
                project,
                name,
                "domain.added",
                connection -> Domains.add(connection, project, name, token, clock.millis()));
    }

    @Override
    public long verifyDomain(ProjectName project, DomainName name, String token) {
        return changeDomain(
                project,
                name,
                "domain.verified",
                connection -> Domains.verify(connection, project, name, token, clock.millis()));
    }

    @Override
    public long removeDomain(ProjectName project, DomainName name) {
        return changeDomain(project, name, "domain.removed", connection -> Domains.remove(connection, project, name));
    }

    @Override
    public long movePorts(ProjectName project, Optional<DeploymentId> deployment, int port) {
        return change(connection -> {
            requireProject(connection, project);
            if (deployment.isPresent()) {
                requireDeployment(connection, project, deployment.get());
            }
            putPort(connection, project, deployment.orElse(null), port);
            return changed(
                    connection,
                    project,
                    "port.moved",
                    Map.of("deployment", deployment.map(DeploymentId::value).orElse(""), "port", port),
                    null);
        });
    }

    /** Ends the calls to followers; the database is closed by whoever opened it. */
    @Override
    public void close() {
        followers.close();
    }

    @FunctionalInterface
    private interface Step {
        void on(Connection connection) throws SQLException;
    }

    private long changeDomain(ProjectName project, DomainName name, String kind, Step step) {
        return change(connection -> {
            requireProject(connection, project);
            step.on(connection);
            return changed(connection, project, kind, Map.of("domain", name.value()), null);
        });
    }

    private long change(Database.Work<Change> work) {
        return database.write(work, this::publish).revision();
    }

    /** On the writing thread only, in order. Where commands of other servers came between, the revision waits for them. */
    private void publish(Change change) {
        var next = change.applyTo(current);
        if (change.revision() > current.revision() + 1) {
            next = new Snapshot(current.revision(), next.projects());
            watch.tell();
        }
        show(next, change.project() == null ? Set.of() : Set.of(change.project()));
    }

    private void show(Snapshot next, Set<ProjectName> changed) {
        current = next;
        for (var project : changed) {
            if (next.project(project).isEmpty()) {
                environments.forget(project);
            } else {
                followers.run(() -> environment(project)); // so that the first call finds it
            }
        }
        followers.tell(next);
    }

    /** Shows what other servers have committed. */
    private void catchUp() {
        if (database.read(Changes::revision) > current.revision()) {
            database.write(this::news, this::publish);
        }
    }

    /** @param projects as they are now; empty: gone */
    private record News(long revision, Map<ProjectName, Optional<Snapshot.Project>> projects) {}

    private News news(Connection connection) throws SQLException {
        var before = current;
        var changed = new TreeMap<ProjectName, Optional<Snapshot.Project>>();
        for (var name : Changes.projectsSince(connection, before.revision())) {
            var known = before.project(name);
            changed.put(
                    name,
                    projects.load(
                            connection,
                            name,
                            id -> known.map(project -> project.deployments().get(id))));
        }
        return new News(Changes.revision(connection), changed);
    }

    /** On the writing thread only: what of it this server did itself is shown by now. */
    private void publish(News news) {
        if (news.revision() <= current.revision()) {
            return;
        }
        var all = new TreeMap<>(current.projects());
        news.projects()
                .forEach((name, project) ->
                        project.ifPresentOrElse(there -> all.put(name, there), () -> all.remove(name)));
        show(
                new Snapshot(news.revision(), Collections.unmodifiableNavigableMap(all)),
                news.projects().keySet());
    }

    private Change appended(Connection connection, String kind, String subject, Map<String, ?> payload)
            throws SQLException {
        return new Change(changes.append(connection, clock.millis(), kind, subject, payload), null, null);
    }

    private Change changed(
            Connection connection, ProjectName project, String kind, Map<String, ?> payload, @Nullable Deployment added)
            throws SQLException {
        long revision = changes.append(connection, clock.millis(), kind, project.value(), payload);
        var before = current.project(project);
        var after = projects.load(
                connection,
                project,
                id -> added != null && id.equals(added.id())
                        ? Optional.of(added)
                        : before.map(known -> known.deployments().get(id)));
        return new Change(revision, project, after.orElse(null));
    }

    /** Whether the project is new. */
    private boolean join(Connection connection, ProjectName project, String team, int port) throws SQLException {
        var owner = Sql.first(
                connection, "SELECT team FROM project WHERE name = ?", row -> row.getString(1), project.value());
        if (owner.isEmpty()) {
            Sql.update(
                    connection,
                    "INSERT INTO project (name, team, created_at) VALUES (?, ?, ?)",
                    project.value(),
                    team,
                    clock.millis());
            putPort(connection, project, null, port);
            return true;
        }
        if (!owner.get().equals(team)) {
            throw conflict("project " + project + " belongs to another team", "choose another name with --name");
        }
        return false;
    }

    private static void putPort(Connection connection, ProjectName project, @Nullable DeploymentId deployment, int port)
            throws SQLException {
        if (port < 1 || port > 65535) {
            throw bad("port: " + port + " (expected: 1 to 65535)");
        }
        var id = deployment == null ? null : deployment.value();
        Sql.update(connection, "DELETE FROM port WHERE project = ? AND deployment IS ?", project.value(), id);
        var owner = Sql.first(connection, "SELECT project FROM port WHERE port = ?", row -> row.getString(1), port);
        if (owner.isPresent()) {
            throw conflict("port " + port + " belongs to " + owner.get(), "choose another port");
        }
        Sql.update(
                connection, "INSERT INTO port (port, project, deployment) VALUES (?, ?, ?)", port, project.value(), id);
    }

    private static void requireTeam(Connection connection, String team) throws SQLException {
        if (!exists(connection, "SELECT 1 FROM team WHERE name = ?", team)) {
            throw new Problem(ErrorCode.NOT_FOUND, "there is no team " + team).asException();
        }
    }

    private static void requireProject(Connection connection, ProjectName project) throws SQLException {
        if (!exists(connection, "SELECT 1 FROM project WHERE name = ?", project.value())) {
            throw new Problem(ErrorCode.PROJECT_NOT_FOUND, "there is no project " + project, "mayfly ls").asException();
        }
    }

    private static void requireDeployment(Connection connection, ProjectName project, DeploymentId deployment)
            throws SQLException {
        if (!exists(
                connection,
                "SELECT 1 FROM deployment WHERE project = ? AND id = ?",
                project.value(),
                deployment.value())) {
            throw new Problem(
                            ErrorCode.DEPLOYMENT_NOT_FOUND,
                            "there is no deployment " + deployment + " of " + project,
                            "mayfly inspect " + project)
                    .asException();
        }
    }

    private static void requireVariable(String name, String value) {
        if (!VARIABLE.matcher(name).matches()) {
            throw bad("variable name: " + name
                    + " (expected: 1 to 256 letters, digits and '_', not starting with a digit)");
        }
        if (value.length() > LONGEST_VALUE || value.indexOf('\0') >= 0) {
            throw bad("value of " + name + ": (expected: at most " + LONGEST_VALUE + " characters, none of them NUL)");
        }
    }

    private static boolean exists(Connection connection, String sql, String... arguments) throws SQLException {
        return Sql.first(connection, sql, row -> row.getInt(1), (Object[]) arguments)
                .isPresent();
    }

    private static ProblemException bad(String message) {
        return new Problem(ErrorCode.BAD_REQUEST, message).asException();
    }

    private static ProblemException conflict(String message, String fix) {
        return new Problem(ErrorCode.CONFLICT, message, fix).asException();
    }

    /** Refuses a home whose key file was lost or changed, at the start and not at the first call. */
    private void checkKey() {
        var expected = database.read(
                connection -> Sql.first(connection, "SELECT fingerprint FROM sealing_key", row -> row.getString(1)));
        if (expected.isEmpty()) {
            database.write(connection -> Sql.update(
                    connection,
                    "INSERT OR IGNORE INTO sealing_key (id, fingerprint) VALUES (1, ?)",
                    sealer.fingerprint()));
        } else if (!expected.get().equals(sealer.fingerprint())) {
            throw new Problem(
                            ErrorCode.CONFLICT,
                            "secret.key is not the key that this home's variables are encrypted with",
                            "restore secret.key from a backup")
                    .asException();
        }
    }
}
