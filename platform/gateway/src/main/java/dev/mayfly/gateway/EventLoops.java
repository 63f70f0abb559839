package dev.mayfly.gateway;

import dev.mayfly.gateway.observe.EdgeCounts;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;

/** The event loops that everything at the edge runs on. */
public final class EventLoops {
    private EventLoops() {}

    /**
     * On the kernel's own transport where there is one; files are found by absolute path and nowhere else.
     *
     * @param counts where connections are counted
     */
    public static Vertx start(GatewayOptions options, EdgeCounts counts) {
        return Vertx.builder()
                .with(new VertxOptions()
                        .setEventLoopPoolSize(options.eventLoops())
                        .setInternalBlockingPoolSize(8)
                        .setWorkerPoolSize(1)
                        .setDisableTCCL(true)
                        .setFileSystemOptions(new FileSystemOptions()
                                .setClassPathResolvingEnabled(false)
                                .setFileCachingEnabled(false)))
                .withTransport(EdgeTransport.over(new AcceptedConnections(
                        options.firstHeadMillis(),
                        options.clients(),
                        options.security().proves(),
                        counts)))
                .build();
    }
}
