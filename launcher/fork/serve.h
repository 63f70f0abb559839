/* A zygote's work: to be copied into sandboxes, as often as their inits ask. */
#ifndef MAYFLY_FORK_SERVE_H
#define MAYFLY_FORK_SERVE_H

/* Serves orders from a socket. Returns 1 in a copy that is wanted at once, 2 in one that is held ready, 3 in one that has seats, and 0 when there are no more orders. before
 * and after are called around each fork. */
int fork_serve(int orders, void (*before)(void), void (*after_in_parent)(void), void (*after_in_copy)(void));

#endif
