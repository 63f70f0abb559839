package dev.mayfly.control;

import dev.mayfly.model.Digest;
import dev.mayfly.model.StaticFile;
import dev.mayfly.store.Artifacts;
import dev.mayfly.store.Catalog;
import dev.mayfly.store.Snapshot;
import java.io.IOException;
import java.util.Collection;
import java.util.HashSet;
import java.util.concurrent.Callable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes artifacts that no deployment uses, and what builds keep for projects that are gone, never while a deployment is being made: it may
 * be about to use them.
 */
public final class Sweeper {
    private static final Logger LOG = LoggerFactory.getLogger(Sweeper.class);

    private final Catalog catalog;
    private final Artifacts artifacts;
    private final Caches caches;
    private int deploying;
    private boolean sweeping;
    private boolean wanted;
    private boolean wantedAtOnce;

    /** What builds keep for projects. */
    public interface Caches {
        /** Removes what is kept for any other project. */
        void keep(Collection<Snapshot.Project> projects) throws IOException;
    }

    public Sweeper(Catalog catalog, Artifacts artifacts, Caches caches) {
        this.catalog = catalog;
        this.artifacts = artifacts;
        this.caches = caches;
    }

    /** Runs {@code deploy} while nothing is swept. */
    <T> T keeping(Callable<T> deploy) throws Exception {
        synchronized (this) {
            while (sweeping) {
                wait();
            }
            deploying++;
        }
        try {
            return deploy.call();
        } finally {
            boolean now;
            synchronized (this) {
                deploying--;
                now = deploying == 0 && wanted;
            }
            if (now) {
                sweep();
            }
        }
    }

    /** Sweeps what has been unused for a while, now or as soon as no deployment is being made. */
    public void sweep() {
        sweep(false);
    }

    /** Sweeps everything unused: after a removal, or when the disk is full. */
    void sweepAtOnce() {
        sweep(true);
    }

    private void sweep(boolean askedAtOnce) {
        boolean atOnce;
        synchronized (this) {
            atOnce = askedAtOnce || wantedAtOnce;
            if (deploying > 0 || sweeping) {
                wanted = true;
                wantedAtOnce = atOnce;
                return;
            }
            wanted = false;
            wantedAtOnce = false;
            sweeping = true;
        }
        try {
            var blobs = new HashSet<Digest>();
            var layers = new HashSet<Digest>();
            var projects = catalog.snapshot().projects().values();
            for (var project : projects) {
                for (var deployment : project.deployments().values()) {
                    for (var file : deployment.staticFiles()) {
                        blobs.add(file.blob());
                        file.encoded().stream().map(StaticFile.Encoded::blob).forEach(blobs::add);
                    }
                    for (var function : deployment.functions()) {
                        layers.add(function.code());
                        if (function.dependencies() != null) {
                            layers.add(function.dependencies());
                        }
                    }
                }
            }
            if (atOnce) {
                artifacts.sweepAtOnce(blobs, layers);
            } else {
                artifacts.sweep(blobs, layers);
            }
            caches.keep(projects);
        } catch (IOException | RuntimeException e) {
            LOG.warn("sweeping failed; the next sweep tries again", e);
        } finally {
            synchronized (this) {
                sweeping = false;
                notifyAll();
            }
        }
        boolean again;
        synchronized (this) {
            again = wanted && deploying == 0;
        }
        if (again) {
            sweep(false);
        }
    }
}
