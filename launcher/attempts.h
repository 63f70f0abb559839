/* What a probe child tries. Each runs in a sandbox in place of a program. */
#ifndef MAYFLY_ATTEMPTS_H
#define MAYFLY_ATTEMPTS_H

/* What the attempts need to know of the outside, which they inherit: its network namespace, and where on this machine somebody listens. */
struct outside {
  unsigned long network;
  unsigned address; /* IPv4, in network order; 0: there is none */
  unsigned short port; /* in network order */
};
extern struct outside attempts_outside;

/* Prints a line for each barrier: its name, "held" or "passed", and what was tried. */
int attempt_barriers(void);
/* Takes 96 MiB of memory; 0 when it could. */
int attempt_memory(void);
/* Forks until it cannot; 0 when it could not a hundred times. */
int attempt_processes(void);
/* Burns 12 ms of CPU time; 0 always: its clock is read from outside. */
int attempt_cpu(void);
/* Connects to the outside; 0 when that was refused. */
int attempt_connect(void);
/* Fills /tmp; 0 when bytes and inodes both came to an end. */
int attempt_tmp(void);

#endif
