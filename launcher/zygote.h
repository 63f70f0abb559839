/* Zygotes: processes that wait to be copied into sandboxes. fork/ is what runs in them. */
#ifndef MAYFLY_ZYGOTE_H
#define MAYFLY_ZYGOTE_H

#include "dial.h"
#include "sandbox.h"

/* In the init of a sandbox, all of whose namespaces it is in: has a copy put beside it, and waits until it is there. 0, or -1 with errno and the
 * step that failed. */
int zygote_ask(const struct plan *plan, const struct doors *doors, char *step, size_t room);

/* Gives up every capability but those that entering a sandbox takes, for good: what is started next has no others. */
int zygote_confine(void);

#endif
