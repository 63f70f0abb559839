/** Encryption of stored variables. */
@NullMarked
package dev.mayfly.store.secret;

import org.jspecify.annotations.NullMarked;
