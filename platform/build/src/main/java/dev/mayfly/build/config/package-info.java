/** What mayfly.yaml, vercel.json and the command line set. */
@NullMarked
package dev.mayfly.build.config;

import org.jspecify.annotations.NullMarked;
