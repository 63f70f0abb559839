/** The command line. */
@NullMarked
package dev.mayfly.cli;

import org.jspecify.annotations.NullMarked;
