/** What the cold starts of a project were like, and what would help: pure functions of usage records. */
@NullMarked
package dev.mayfly.control.coldstart;

import org.jspecify.annotations.NullMarked;
