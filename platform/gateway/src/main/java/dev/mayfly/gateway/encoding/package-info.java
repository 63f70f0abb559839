/** Answers in the form that a client can read best: which one it takes, and compressing what comes from functions. */
@NullMarked
package dev.mayfly.gateway.encoding;

import org.jspecify.annotations.NullMarked;
