/** Durable state behind ports: catalog, artifacts, usage ledger, logs. */
@NullMarked
package dev.mayfly.store;

import org.jspecify.annotations.NullMarked;
