/** What can be known of the edge from outside: the access log, and counters for metrics. */
@NullMarked
package dev.mayfly.gateway.observe;

import org.jspecify.annotations.NullMarked;
