/** Everything durable of one server, in one home directory. */
@NullMarked
package dev.mayfly.store.local;

import org.jspecify.annotations.NullMarked;
