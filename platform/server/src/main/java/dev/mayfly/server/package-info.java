/** The composition root. */
@NullMarked
package dev.mayfly.server;

import org.jspecify.annotations.NullMarked;
