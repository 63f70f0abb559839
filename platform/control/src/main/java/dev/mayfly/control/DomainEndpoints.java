package dev.mayfly.control;

import dev.mayfly.gateway.ServedRevision;
import dev.mayfly.model.DomainName;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.Problem;
import dev.mayfly.model.Scope;
import dev.mayfly.store.CertificateStore;
import dev.mayfly.store.Snapshot;
import dev.mayfly.store.Snapshot.Domain;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Host names of projects' own: claimed, verified, given up. An answer comes once the edge does as it says. */
record DomainEndpoints(
        Projects projects,
        DomainChecks checks,
        Function<String, Optional<CertificateStore.State>> certificates,
        ServedRevision served,
        RandomGenerator random) {
    private static final Duration MOST = Duration.ofSeconds(30);
    private static final int TOKEN_BYTES = 16;

    /** Body of a POST. */
    record Added(@Nullable String name) {}

    List<Endpoint> endpoints() {
        return List.of(
                new Endpoint("GET", "/domains", Scope.READ, Set.of("name"), this::all),
                new Endpoint("GET", "/projects/{p}/domains", Scope.READ, Set.of(), this::list),
                new Endpoint("POST", "/projects/{p}/domains", Scope.DEPLOY, Set.of(), this::add),
                new Endpoint("POST", "/projects/{p}/domains/{name}/verification", Scope.DEPLOY, Set.of(), this::verify),
                new Endpoint("DELETE", "/projects/{p}/domains/{name}", Scope.DEPLOY, Set.of(), this::remove));
    }

    private Answer all(Call call) {
        var wanted = call.text("name").map(this::parsed);
        var views = new ArrayList<Map<String, @Nullable Object>>();
        for (var project : projects.all(call)) {
            views.addAll(views(project, wanted));
        }
        return Answer.json(Map.of("domains", views));
    }

    private Answer list(Call call) {
        return Answer.json(Map.of("domains", views(projects.one(call), Optional.empty())));
    }

    /** A claim made again is answered as it was made first. */
    private Answer add(Call call) {
        var project = projects.one(call);
        var sent = call.json(Added.class).name();
        if (sent == null) {
            throw Call.bad("name: missing (expected: a host name, as in www.example.org)");
        }
        var name = Call.parsed("domain", sent, checks::parse);
        if (!project.domains().containsKey(name)) {
            projects.catalog().addDomain(project.name(), name, newToken());
        }
        return Answer.json(view(call, name));
    }

    private Answer verify(Call call) throws InterruptedException {
        var project = projects.one(call);
        var domain = domain(project, name(call));
        if (!domain.verified()) {
            Call.parsed("domain", domain.name().value(), checks::parse); // the server's own names may be others by now
            requireFree(domain.name());
            checks.requireProof(domain);
            served.await(projects.catalog().verifyDomain(project.name(), domain.name(), domain.token()), MOST);
        }
        return Answer.json(view(call, domain.name()));
    }

    private Answer remove(Call call) throws InterruptedException {
        var project = projects.one(call);
        var domain = domain(project, name(call));
        served.await(projects.catalog().removeDomain(project.name(), domain.name()), MOST);
        return new Answer.Empty(204);
    }

    /** Told at once, rather than after a question to DNS; the store decides. */
    private void requireFree(DomainName name) {
        if (projects.catalog().snapshot().owner(name).isPresent()) {
            throw new Problem(
                            ErrorCode.CONFLICT,
                            name + " belongs to another project, which was the first to show that it owns it",
                            "remove it from that project first: mayfly domains rm " + name + " --project PROJECT")
                    .asException();
        }
    }

    private DomainName name(Call call) {
        return parsed(call.inPath("name"));
    }

    /** Of one that may be here, whatever the server's own names are by now. */
    private DomainName parsed(String text) {
        return Call.parsed("domain", text, WrittenDomain::parse);
    }

    private static Domain domain(Snapshot.Project project, DomainName name) {
        var domain = project.domains().get(name);
        if (domain == null) {
            throw new Problem(
                            ErrorCode.NOT_FOUND,
                            "there is no domain " + name + " of " + project.name(),
                            "mayfly domains add " + name + " --project " + project.name())
                    .asException();
        }
        return domain;
    }

    private Map<String, @Nullable Object> view(Call call, DomainName name) {
        var project = projects.one(call);
        return view(project, domain(project, name));
    }

    private List<Map<String, @Nullable Object>> views(Snapshot.Project project, Optional<DomainName> wanted) {
        return project.domains().values().stream()
                .filter(domain -> wanted.isEmpty() || wanted.get().equals(domain.name()))
                .map(domain -> view(project, domain))
                .toList();
    }

    private Map<String, @Nullable Object> view(Snapshot.Project project, Domain domain) {
        var view = new LinkedHashMap<String, @Nullable Object>();
        view.put("name", domain.name().value());
        view.put("project", project.name().value());
        view.put("state", state(domain));
        view.put("addedAt", domain.addedAt());
        view.put("verifiedAt", domain.verified() ? domain.verifiedAt() : null);
        var record = new LinkedHashMap<String, Object>();
        record.put("type", "TXT");
        record.put("name", domain.name().proof());
        record.put("value", DomainChecks.expected(domain));
        view.put("record", record);
        view.put(
                "certificate",
                domain.verified()
                        ? certificates
                                .apply(domain.name().value())
                                .map(DomainEndpoints::certificate)
                                .orElse(null)
                        : null);
        return view;
    }

    /** One may be good while getting the next one fails. */
    private static Map<String, @Nullable Object> certificate(CertificateStore.State state) {
        var view = new LinkedHashMap<String, @Nullable Object>();
        var validity = state.validity();
        var failure = state.failure();
        view.put("state", validity.isPresent() ? "issued" : failure.isPresent() ? "failed" : "pending");
        view.put("until", validity.map(CertificateStore.Validity::notAfter).orElse(null));
        view.put("renewAt", validity.map(CertificateStore.Validity::renewAt).orElse(null));
        view.put("reason", failure.map(CertificateStore.Failure::reason).orElse(null));
        view.put("nextTry", failure.map(CertificateStore.Failure::nextTry).orElse(null));
        return view;
    }

    private String state(Domain domain) {
        if (domain.verified()) {
            return "verified";
        }
        return projects.catalog().snapshot().owner(domain.name()).isPresent() ? "taken" : "pending";
    }

    private String newToken() {
        var bytes = new byte[TOKEN_BYTES];
        random.nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }
}
