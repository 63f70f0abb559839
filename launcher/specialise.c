#include "specialise.h"
#include "confine.h"
#include "mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef MOUNT_ATTR_RDONLY
#include <linux/mount.h>
#endif

static const unsigned long long SHOWN = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;

/* What the child does and the parent reads: they share their memory. */
struct change {
  const struct specialised *sandbox;
  const struct request *request;
  const char *step, *about;
  int failure;
};

static int limit_tmp(const struct request *request) {
  char options[80];
  if (sabotaged("tmp")) return 0;
  snprintf(options, sizeof options, "size=%lld,nr_inodes=%ld", request->tmp ? request->tmp : 4096, request->inodes);
  return mount(NULL, "/tmp", NULL, MS_REMOUNT | MS_NOSUID | MS_NODEV, options);
}

static int change_all(struct change *change) {
  const struct specialised *sandbox = change->sandbox;
  const struct request *request = change->request;
  int copies[MOST_MOUNTS];
  change->step = "mount";
  for (int i = 0; i < request->mountc; i++) { /* while the host's files can still be named */
    change->about = request->mounts[i].source;
    copies[i] = mount_copy_named(request->mounts[i].source, SHOWN);
    if (copies[i] < 0) return -1;
  }
  change->step = "enter";
  change->about = "";
  if (setns(sandbox->init, CLONE_NEWNS | CLONE_NEWUTS)) return -1;
  change->step = "mount";
  for (int i = 0; i < request->mountc; i++) {
    change->about = request->mounts[i].target;
    if (mount_attach(copies[i], request->mounts[i].target)) return -1;
  }
  change->about = "";
  change->step = "tmp";
  if ((request->tmp != sandbox->tmp || request->inodes != sandbox->inodes) && limit_tmp(request)) return -1;
  change->step = "hostname";
  return sethostname(request->hostname, strlen(request->hostname));
}

/* In a child that borrows this memory and has descriptors and namespaces of its own: the launcher never leaves its own. */
int specialise(const struct specialised *sandbox, const struct request *request, const char **step, const char **about) {
  static struct change change;
  change = (struct change){.sandbox = sandbox, .request = request, .step = "fork", .about = "", .failure = ECHILD};
  pid_t child = vfork();
  if (child == 0) {
    change.failure = change_all(&change) ? errno ? errno : EIO : 0;
    _exit(0);
  }
  if (child > 0) waitpid(child, NULL, 0);
  else change.failure = errno;
  *step = change.step;
  *about = change.about;
  errno = change.failure;
  return change.failure ? -1 : 0;
}
