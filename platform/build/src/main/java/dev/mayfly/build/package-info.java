/** From source to a deployment. */
@NullMarked
package dev.mayfly.build;

import org.jspecify.annotations.NullMarked;
