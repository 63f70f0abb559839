/** What was uploaded, checked: nothing here is trusted until it is a tree. */
@NullMarked
package dev.mayfly.build.source;

import org.jspecify.annotations.NullMarked;
