package dev.mayfly.control;

import dev.mayfly.build.Builder;
import dev.mayfly.control.activity.InstanceLooks;
import dev.mayfly.control.explain.AutomaticList;
import dev.mayfly.control.metrics.Metrics;
import dev.mayfly.engine.Engine;
import dev.mayfly.gateway.LoopbackPorts;
import dev.mayfly.gateway.RequestIds;
import dev.mayfly.gateway.ServedRevision;
import dev.mayfly.gateway.observe.RecentAnswers;
import dev.mayfly.provider.Provider;
import dev.mayfly.store.Artifacts;
import dev.mayfly.store.Catalog;
import dev.mayfly.store.CertificateStore;
import dev.mayfly.store.Logs;
import dev.mayfly.store.UsageLedger;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/**
 * Everything the management API stands on.
 *
 * @param random makes deployment ids and the tokens of domains; hard to predict
 * @param certificates what is known of the certificate of a name; empty: this server gets none for it
 * @param uploadLimit bytes of one upload
 * @param handOn has the ledger given what was counted of the platform's own memory and is not there yet
 * @param answers errors that the edge answered lately
 * @param automatic what the platform decides by itself
 * @param stop begins the orderly end of the server and returns at once
 */
public record ControlPlane(
        Catalog catalog,
        Artifacts artifacts,
        UsageLedger ledger,
        Logs logs,
        Engine engine,
        Builder builder,
        LoopbackPorts ports,
        ServedRevision served,
        Sweeper sweeper,
        Retention retention,
        RequestIds ids,
        Clock clock,
        RandomGenerator random,
        Addresses addresses,
        ServerFacts facts,
        PriceFile prices,
        DomainChecks domains,
        Function<String, Optional<CertificateStore.State>> certificates,
        long uploadLimit,
        Supplier<List<Provider.Finding>> findings,
        Supplier<List<Provider.PlatformProcess>> processes,
        Runnable handOn,
        Runnable stop,
        Metrics metrics,
        RecentAnswers answers,
        AutomaticList automatic) {

    /** The API over it. */
    public Api api() {
        return new Api(catalog, ids, endpoints(), metrics);
    }

    List<Endpoint> endpoints() {
        var projects = new Projects(catalog);
        var views = new Views(addresses, engine::instances);
        var removal = new Removal(catalog, engine, logs, served, sweeper);
        var endpoints = new ArrayList<Endpoint>();
        endpoints.addAll(new ProjectEndpoints(projects, views, removal).endpoints());
        endpoints.add(new DeployEndpoint(projects, artifacts, builder, ports, served, sweeper, retention, views, random)
                .endpoint());
        endpoints.addAll(new AliasEndpoints(projects, new AliasViews(addresses), served).endpoints());
        endpoints.addAll(new DomainEndpoints(projects, domains, certificates, served, random).endpoints());
        endpoints.addAll(new BlobEndpoints(artifacts, uploadLimit, sweeper::sweepAtOnce).endpoints());
        endpoints.addAll(new InvocationEndpoints(projects, ledger, prices).endpoints());
        var looks = new InstanceLooks(processes, System::nanoTime);
        endpoints.addAll(new ActivityEndpoints(projects, engine, ledger, prices, looks, clock).endpoints());
        endpoints.addAll(new LogEndpoint(projects, logs).endpoints());
        endpoints.add(new UsageEndpoint(projects, ledger, prices, clock).endpoint());
        endpoints.add(new PlatformUsageEndpoint(ledger, prices, handOn).endpoint());
        endpoints.add(new ColdStartEndpoint(projects, ledger, clock).endpoint());
        endpoints.addAll(new DecisionEndpoints(projects, engine, ledger, logs, prices, answers, automatic).endpoints());
        endpoints.addAll(
                new ServerEndpoints(facts, addresses, uploadLimit, findings, processes, engine::instances, stop)
                        .endpoints());
        return endpoints;
    }
}
