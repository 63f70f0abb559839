/* Zygotes: processes that wait to be copied into sandboxes. fork/ is what runs in them. */
#ifndef MAYFLY_ZYGOTE_H
#define MAYFLY_ZYGOTE_H

#include "dial.h"
#include "sandbox.h"

/* Both in the init of a sandbox, all of whose namespaces it is in: asks for a copy beside it. 0, or -1 with errno; the answer is among the doors. */
int zygote_ask(const struct plan *plan, struct doors *doors);
/* Waits until it is there and has done what its libraries have it do first, but not for ever. 0, or -1 with errno, the step that failed in 24
 * bytes, and in 100 why, where errno does not tell. The answer stays among the doors where seats are asked for: its end is that of the process
 * that gives them. */
int zygote_hear(const struct plan *plan, struct doors *doors, char *step, char *why);

/* Gives up every capability but those that entering a sandbox takes, for good: what is started next has no others. 0, or -1 with errno; where one is not
 * to be had, missing says so. */
int zygote_confine(const char **missing);

#endif
