/** How a Python project is understood: its interpreter, mode, entrypoints and dependencies. */
@NullMarked
package dev.mayfly.build.python;

import org.jspecify.annotations.NullMarked;
