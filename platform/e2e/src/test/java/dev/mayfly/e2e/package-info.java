/** Mayfly as a user sees it: through its command line and over HTTP. */
@NullMarked
package dev.mayfly.e2e;

import org.jspecify.annotations.NullMarked;
