/** The JSON of the platform's words, and of {@code deployment.json}. */
@NullMarked
package dev.mayfly.store.json;

import org.jspecify.annotations.NullMarked;
