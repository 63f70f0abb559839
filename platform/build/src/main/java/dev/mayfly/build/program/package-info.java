/** Projects that are a program of any language which listens on {@code $PORT} (docs/provided.md). */
@NullMarked
package dev.mayfly.build.program;

import org.jspecify.annotations.NullMarked;
