package dev.mayfly.gateway;

import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;

/** The event loops that everything at the edge runs on. */
public final class EventLoops {
    private EventLoops() {}

    /** As many as {@code count}, on the kernel's own transport where there is one; files are found by absolute path and nowhere else. */
    public static Vertx start(int count) {
        return Vertx.vertx(new VertxOptions()
                .setEventLoopPoolSize(count)
                .setInternalBlockingPoolSize(8)
                .setWorkerPoolSize(1)
                .setPreferNativeTransport(true)
                .setDisableTCCL(true)
                .setFileSystemOptions(new FileSystemOptions()
                        .setClassPathResolvingEnabled(false)
                        .setFileCachingEnabled(false)));
    }
}
