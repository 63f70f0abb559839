#include "fork/fit.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

/* There need be no /proc to look at: who has threads may not leave them, and who has none does not notice. */
int fit_alone(void) { return !unshare(CLONE_THREAD) || errno != EINVAL; }

/* Lines as `55d0c000-55d0d000 rw-s …`, and nothing of them is kept: they are longer than any buffer one would want on a borrowed stack. */
int fit_private(void) {
  enum { ADDRESS, RIGHTS, REST = RIGHTS + 4 } at = ADDRESS;
  int file = open("/proc/self/maps", O_RDONLY | O_CLOEXEC), writable = 0, found = 0;
  if (file < 0) return -1;
  char part[4096];
  ssize_t got;
  while ((got = read(file, part, sizeof part)) > 0)
    for (ssize_t i = 0; i < got; i++) {
      if (part[i] == '\n') at = ADDRESS;
      else if (at == ADDRESS) at = part[i] == ' ' ? RIGHTS : ADDRESS;
      else if (at < REST) {
        if (at == RIGHTS + 1) writable = part[i] == 'w';
        if (at == RIGHTS + 3) found |= writable && part[i] == 's';
        at++;
      }
    }
  int failure = errno;
  close(file);
  errno = failure;
  return got < 0 ? -1 : !found;
}
