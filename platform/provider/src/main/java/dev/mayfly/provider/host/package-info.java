/** What every provider uses of the machine it runs on: its processes, users, clocks and folders. */
@NullMarked
package dev.mayfly.provider.host;

import org.jspecify.annotations.NullMarked;
