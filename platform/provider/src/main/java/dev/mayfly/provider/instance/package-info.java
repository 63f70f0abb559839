/** The conversation with one instance, whoever made it: the worker protocol from the platform's side. */
@NullMarked
package dev.mayfly.provider.instance;

import org.jspecify.annotations.NullMarked;
