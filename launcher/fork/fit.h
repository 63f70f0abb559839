/* Whether a process can be copied: what its copies would have in common, or would lack, and must not. */
#ifndef MAYFLY_FORK_FIT_H
#define MAYFLY_FORK_FIT_H

/* A copy has only the thread that makes it. What others hold or would have done is lost, so there may be none. */
int fit_alone(void);
/* 1: all that is written is a copy's own, 0: some memory would be shared with other copies; -1 with errno. /proc must be there. */
int fit_private(void);

#endif
