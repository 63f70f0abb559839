/* What a program in a sandbox can no longer do, once and for all: each step is inherited and cannot be undone. */
#ifndef MAYFLY_CONFINE_H
#define MAYFLY_CONFINE_H

/* Gives up every capability. */
int confine_capabilities(void);
/* Gives up those that a later exec could give back; needs CAP_SETPCAP. */
int confine_bounding(void);
/* Limits of one process. */
int confine_resources(void);
/* Of this user in this user namespace; the init is one of them. */
int confine_processes(long pids);
/* Of the program alone, fsize bytes a file (0: no limit): its init relays what comes in, and starts with whatever the launcher has open. */
int confine_files(long files, long long fsize);
/* Only reading and running outside of /tmp, /dev/shm and the folders named. signals: only to those confined after it, and by it. 0 also where the kernel has no Landlock: landlock_level() tells. */
int confine_landlock(const char *const *writable, int count, int signals);
int landlock_level(void);
/* The allowlist of seccomp_calls.h. confine_prepare once before, so that no start has to translate it. */
int confine_prepare(void);
int confine_seccomp(void);

/* In a build for tests, barriers can be left out by name, with a comma between them; a shipped launcher has no such switch. */
#ifdef MAYFLY_SABOTAGE
int sabotaged(const char *barrier);
#else
static inline int sabotaged(const char *barrier) {
  (void)barrier;
  return 0;
}
#endif

#endif
