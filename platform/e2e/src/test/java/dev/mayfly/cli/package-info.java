/** Parts of the command line, against a real server. */
@NullMarked
package dev.mayfly.cli;

import org.jspecify.annotations.NullMarked;
