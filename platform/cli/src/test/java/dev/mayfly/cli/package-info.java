/** Tests of the command line against a server that answers what each test says. */
@NullMarked
package dev.mayfly.cli;

import org.jspecify.annotations.NullMarked;
