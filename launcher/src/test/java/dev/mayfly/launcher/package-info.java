/** Runs the tests of the launcher, which are Python and C. */
@NullMarked
package dev.mayfly.launcher;

import org.jspecify.annotations.NullMarked;
