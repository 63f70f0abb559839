/** Files compressed while they are deployed. */
@NullMarked
package dev.mayfly.build.encoding;

import org.jspecify.annotations.NullMarked;
