/** Spans of requests for a collector of OpenTelemetry. */
@NullMarked
package dev.mayfly.traces;

import org.jspecify.annotations.NullMarked;
