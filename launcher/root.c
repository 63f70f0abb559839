#include "root.h"
#include "confine.h"
#include "etc.h"
#include "mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef MOUNT_ATTR_RDONLY
#include <linux/mount.h>
#endif

static const unsigned long long SHOWN = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;

static const char *const FOLDERS[] = {"/usr",      "/etc",     "/dev",         "/dev/shm",    "/proc",  "/tmp",        "/var",        "/var/task", "/run",
                                      "/opt",      "/opt/deps", "/opt/runtime", "/opt/mayfly", "/build", "/home",       "/root",       "/var/tmp"};
static const char *const PROGRAMS[] = {"/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"};
static const char *const DEVICES[] = {"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"};

static int show(const char *from, const char *to, unsigned long long attributes) {
  int copy = mount_copy(from, attributes, 1);
  if (copy < 0) return -1;
  int failed = mount_attach(copy, to);
  close(copy);
  return failed;
}

/* /bin and the like are links into /usr on most systems, folders on others. */
static int show_programs(const char *root, const char *name) {
  char inside[300], target[200];
  struct stat status;
  snprintf(inside, sizeof inside, "%s%s", root, name);
  if (lstat(name, &status)) return 0;
  if (S_ISLNK(status.st_mode)) {
    ssize_t length = readlink(name, target, sizeof target - 1);
    if (length < 0) return -1;
    target[length] = 0;
    return symlink(target, inside);
  }
  return mkdir(inside, 0755) || show(name, inside, SHOWN) ? -1 : 0;
}

static int show_device(const char *root, const char *name) {
  char inside[300];
  snprintf(inside, sizeof inside, "%s%s", root, name);
  int file = open(inside, O_CREAT | O_WRONLY | O_CLOEXEC, 0666);
  if (file < 0) return -1;
  close(file);
  return show(name, inside, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
}

static int make_devices(const char *root) {
  static const char *const links[][2] = {
      {"/proc/self/fd", "/dev/fd"}, {"/proc/self/fd/0", "/dev/stdin"}, {"/proc/self/fd/1", "/dev/stdout"}, {"/proc/self/fd/2", "/dev/stderr"}};
  char inside[300];
  for (size_t i = 0; i < sizeof DEVICES / sizeof *DEVICES; i++)
    if (show_device(root, DEVICES[i])) return -1;
  for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
    snprintf(inside, sizeof inside, "%s%s", root, links[i][1]);
    if (symlink(links[i][0], inside)) return -1;
  }
  return 0;
}

static int populate(const char *root, const char *domain, const char **step) {
  char inside[300];
  *step = "folders";
  for (size_t i = 0; i < sizeof FOLDERS / sizeof *FOLDERS; i++) {
    snprintf(inside, sizeof inside, "%s%s", root, FOLDERS[i]);
    if (mkdir(inside, 0755)) return -1;
  }
  *step = "/usr";
  snprintf(inside, sizeof inside, "%s/usr", root);
  if (show("/usr", inside, SHOWN)) return -1;
  *step = "programs";
  for (size_t i = 0; i < sizeof PROGRAMS / sizeof *PROGRAMS; i++)
    if (show_programs(root, PROGRAMS[i])) return -1;
  *step = "devices";
  if (make_devices(root)) return -1;
  *step = "/etc";
  return etc_make(root, domain);
}

/* A new /proc may only be mounted by an ordinary user where one is visible already; each sandbox covers this one. */
static int keep_proc(const char *root) {
  char inside[300];
  snprintf(inside, sizeof inside, "%s/proc", root);
  return mount("/proc", inside, NULL, MS_BIND | MS_REC, NULL);
}

static int build(const char *staging, const char *domain, int rootless, const char **step) {
  umask(0022);
  *step = "mount namespace";
  if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL)) return -1;
  *step = "tmpfs";
  int memory = mount_memory(4 << 20, 4096, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
  if (memory < 0 || mount_attach(memory, staging)) return -1;
  close(memory);
  if (populate(staging, domain, step)) return -1;
  *step = "proc";
  if (rootless && keep_proc(staging)) return -1;
  *step = "pivot_root";
  if (chdir(staging) || syscall(SYS_pivot_root, ".", ".") || umount2(".", MNT_DETACH) || chdir("/")) return -1;
  *step = "read-only";
  return sabotaged("root") ? 0 : mount_protect("/", SHOWN);
}

int root_make(const char *staging, const char *domain, char *why, size_t room) {
  int channel[2], rootless = 1;
  char text[200] = "";
  /* Root of the machine has the whole range of users; a user namespace of our own has not. */
  FILE *map = fopen("/proc/self/uid_map", "re");
  unsigned long first = 1, outside = 1, count = 0;
  if (map && fscanf(map, "%lu %lu %lu", &first, &outside, &count) == 3) rootless = first || outside || count != 4294967295UL;
  if (map) fclose(map);
  if (pipe2(channel, O_CLOEXEC)) return -1;
  pid_t child = fork();
  if (child == 0) {
    const char *step = "";
    close(channel[0]);
    int failed = build(staging, domain, rootless, &step), number = errno;
    if (failed) dprintf(channel[1], "the root of sandboxes: %s: %s", step, strerror(number));
    else if (write(channel[1], "\1", 1) != 1) _exit(1);
    pause(); /* until the parent has taken the namespace */
    _exit(0);
  }
  close(channel[1]);
  ssize_t got = child < 0 ? -1 : read(channel[0], text, sizeof text - 1);
  close(channel[0]);
  int namespace = -1;
  if (got == 1 && text[0] == 1) {
    char path[40];
    snprintf(path, sizeof path, "/proc/%d/ns/mnt", child);
    namespace = open(path, O_RDONLY | O_CLOEXEC);
    if (namespace < 0) snprintf(why, room, "the root of sandboxes: %s", strerror(errno));
  } else {
    snprintf(why, room, "%s", got > 0 ? text : "the root of sandboxes: its maker ended");
  }
  if (child > 0) {
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
  }
  return namespace;
}
