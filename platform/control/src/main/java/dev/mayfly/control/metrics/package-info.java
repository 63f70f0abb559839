/** What is counted, as Prometheus reads it. */
@NullMarked
package dev.mayfly.control.metrics;

import org.jspecify.annotations.NullMarked;
