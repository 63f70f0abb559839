/** Running the tools of a build, as somebody who may do nothing else. */
@NullMarked
package dev.mayfly.build.tool;

import org.jspecify.annotations.NullMarked;
