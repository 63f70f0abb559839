/* Pid 1 of a sandbox: starts the program, carries its output, reaps, answers names, relays requests, and ends when the program has ended. */
#ifndef MAYFLY_INIT_H
#define MAYFLY_INIT_H

#include "dial.h"
#include "request.h"

#include <sys/types.h>

/* Makes the pipes of the output. */
int init_pipes(struct doors *doors);
/* Leaves nothing open but the doors, from descriptor 3 up, and standard ones that lead nowhere. */
int init_settle(struct doors *doors);
pid_t init_start(const struct request *request, const struct doors *doors, int (*probe)(void));
/* program 0: the server says later which. */
void init_run(struct request *request, struct doors *doors, pid_t program, const char *domain) __attribute__((noreturn));

#endif
