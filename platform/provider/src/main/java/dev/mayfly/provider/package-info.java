/** Where instances come from. */
@NullMarked
package dev.mayfly.provider;

import org.jspecify.annotations.NullMarked;
