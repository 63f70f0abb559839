/** Artifacts as files. */
@NullMarked
package dev.mayfly.store.files;

import org.jspecify.annotations.NullMarked;
