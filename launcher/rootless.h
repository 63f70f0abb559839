/* Running without root: a user namespace in which this process is root, with as many users as the system grants (subuid(5)). */
#ifndef MAYFLY_ROOTLESS_H
#define MAYFLY_ROOTLESS_H

#include <stddef.h>

/* users: how many beside the own one; 0: only that. -1 with a sentence in why, and a fix. */
int rootless_enter(unsigned *users, char *why, size_t why_room, char *fix, size_t fix_room);

/* Starts this program anew with one more option, `--entered USERS`: only a program that was started inside has memory that belongs to that
 * namespace, and only then may it enter the namespaces of its children. Returns when that failed. */
void rootless_again(int argc, char **argv, unsigned users);

#endif
