#include "mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef MOUNT_ATTR_RDONLY
#include <linux/mount.h>
#endif

struct attributes {
  unsigned long long set, clear, propagation, userns;
};

static int set_attributes(int fd, const char *path, unsigned int flags, unsigned long long attributes, unsigned long long propagation) {
  struct attributes wanted = {.set = attributes, .propagation = propagation};
  return (int)syscall(SYS_mount_setattr, fd, path, flags, &wanted, sizeof wanted);
}

/* Private: a copy of a mount that the host shares, as systemd has all of them, would be shared as well, and what is mounted below it appear there. */
static int copy(const char *path, unsigned long long attributes, unsigned int how) {
  unsigned int recursive = how & AT_RECURSIVE;
  int fd = (int)syscall(SYS_open_tree, AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | how);
  if (fd < 0) return -1;
  if (!set_attributes(fd, "", AT_EMPTY_PATH | recursive, attributes, MS_PRIVATE)) return fd;
  int failure = errno;
  close(fd);
  errno = failure;
  return -1;
}

int mount_copy(const char *path, unsigned long long attributes, int deep) { return copy(path, attributes, deep ? AT_RECURSIVE : 0); }

int mount_copy_named(const char *path, unsigned long long attributes) {
  struct stat found;
  int fd = copy(path, attributes, AT_SYMLINK_NOFOLLOW);
  if (fd < 0 || (!fstat(fd, &found) && !S_ISLNK(found.st_mode))) return fd;
  close(fd);
  errno = ELOOP;
  return -1;
}

static int configure(int context, const char *key, long long value) {
  char text[32];
  snprintf(text, sizeof text, "%lld", value);
  return (int)syscall(SYS_fsconfig, context, FSCONFIG_SET_STRING, key, text, 0);
}

static int make(int context, unsigned long long attributes) {
  int fd = -1;
  if (!syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0)) fd = (int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, (unsigned int)attributes);
  int failure = errno;
  close(context);
  errno = failure;
  return fd;
}

int mount_memory(long long bytes, long long inodes, unsigned long long attributes) {
  int context = (int)syscall(SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC);
  if (context < 0) return -1;
  if ((bytes && configure(context, "size", bytes)) || (inodes && configure(context, "nr_inodes", inodes))) {
    close(context);
    return -1;
  }
  return make(context, attributes);
}

int mount_proc(void) {
  int context = (int)syscall(SYS_fsopen, "proc", FSOPEN_CLOEXEC);
  if (context < 0) return -1;
  configure(context, "hidepid", 2); /* what it cannot do does not matter: all processes in there are of one user */
  return make(context, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
}

int mount_part(int mount, const char *name) { return (int)syscall(SYS_open_tree, mount, name, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC); }

int mount_attach(int mount, const char *target) {
  return (int)syscall(SYS_move_mount, mount, "", AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH);
}

int mount_protect(const char *target, unsigned long long attributes) { return set_attributes(AT_FDCWD, target, 0, attributes, 0); }
