/** The words of the platform as records: no I/O, no dependencies. */
@NullMarked
package dev.mayfly.model;

import org.jspecify.annotations.NullMarked;
