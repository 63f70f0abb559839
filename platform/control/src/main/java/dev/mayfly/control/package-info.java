/** The management API. */
@NullMarked
package dev.mayfly.control;

import org.jspecify.annotations.NullMarked;
