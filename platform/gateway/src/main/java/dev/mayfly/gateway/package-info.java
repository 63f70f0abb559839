/** The HTTP edge: hosts to functions, static files, errors. */
@NullMarked
package dev.mayfly.gateway;

import org.jspecify.annotations.NullMarked;
