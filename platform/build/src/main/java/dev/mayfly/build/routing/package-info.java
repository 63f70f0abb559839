/** Which paths lead where: functions and static files. */
@NullMarked
package dev.mayfly.build.routing;

import org.jspecify.annotations.NullMarked;
