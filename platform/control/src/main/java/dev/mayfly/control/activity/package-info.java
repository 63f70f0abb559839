/** What functions do now: what {@code mayfly top} shows. */
@NullMarked
package dev.mayfly.control.activity;

import org.jspecify.annotations.NullMarked;
