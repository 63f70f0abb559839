/** Dispatcher, instances, scaling, metering. */
@NullMarked
package dev.mayfly.engine;

import org.jspecify.annotations.NullMarked;
