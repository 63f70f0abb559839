/** Instances in sandboxes of Linux, which the launcher makes: docs/launcher-protocol.md from the server's side. */
@NullMarked
package dev.mayfly.provider.linux;

import org.jspecify.annotations.NullMarked;
