/*
 * The read-only root of sandboxes, made once: a mount namespace that holds the host's programs, a generated /etc and empty places for what
 * each sandbox brings. A sandbox starts from a copy of it.
 */
#ifndef MAYFLY_ROOT_H
#define MAYFLY_ROOT_H

#include <stddef.h>

/* A descriptor of the mount namespace, or -1 with a sentence in why. staging: an empty folder that may be mounted on. domain: for /etc/hosts. */
int root_make(const char *staging, const char *domain, char *why, size_t room);

#endif
