/** What the platform decides by itself, in words: each decision with its grounds, and what overrules it. */
@NullMarked
package dev.mayfly.control.explain;

import org.jspecify.annotations.NullMarked;
