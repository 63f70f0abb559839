/** Which Pythons this machine has, and which of them functions can be run with. */
@NullMarked
package dev.mayfly.provider.python;

import org.jspecify.annotations.NullMarked;
