/** Instances as plain processes of this machine: for development, with the weakest boundary there is. */
@NullMarked
package dev.mayfly.provider.process;

import org.jspecify.annotations.NullMarked;
