/** Catalog, usage ledger and logs in SQLite files. */
@NullMarked
package dev.mayfly.store.sqlite;

import org.jspecify.annotations.NullMarked;
