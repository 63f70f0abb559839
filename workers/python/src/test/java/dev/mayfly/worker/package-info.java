/** Runs the tests of the Python worker, which are Python. */
@NullMarked
package dev.mayfly.worker;

import org.jspecify.annotations.NullMarked;
