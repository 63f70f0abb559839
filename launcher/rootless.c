#include "rootless.h"
#include "files.h"

#include <errno.h>
#include <stdint.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

/* The name of a user, of /etc/passwd alone: a static program has no other sources. */
static void user_name(uid_t uid, char *name, size_t room) {
  FILE *file = fopen("/etc/passwd", "re");
  char line[1024];
  *name = 0;
  while (file && fgets(line, sizeof line, file)) {
    char *first = strchr(line, ':'), *second = first ? strchr(first + 1, ':') : NULL;
    if (!second || strtoul(second + 1, NULL, 10) != uid || second[1] < '0') continue;
    *first = 0;
    snprintf(name, room, "%s", line);
    break;
  }
  if (file) fclose(file);
}

/* The first range in /etc/subuid or /etc/subgid that is this user's. */
static int range(const char *path, uid_t uid, unsigned long *first, unsigned long *count) {
  char line[512], name[128], number[24];
  user_name(uid, name, sizeof name);
  snprintf(number, sizeof number, "%u", uid);
  FILE *file = fopen(path, "re");
  int found = 0;
  while (!found && file && fgets(line, sizeof line, file)) {
    char *colon = strchr(line, ':');
    if (!colon) continue;
    *colon = 0;
    if (strcmp(line, number) && (!*name || strcmp(line, name))) continue;
    found = sscanf(colon + 1, "%lu:%lu", first, count) == 2 && *count > 0;
  }
  if (file) fclose(file);
  return found;
}

static int run_map(const char *tool, pid_t pid, unsigned id, unsigned long first, unsigned long count) {
  char texts[6][24], of[24];
  snprintf(of, sizeof of, "%d", pid);
  unsigned long const values[] = {0, id, 1, 1, first, count};
  for (int i = 0; i < 6; i++) snprintf(texts[i], sizeof texts[i], "%lu", values[i]);
  char *arguments[] = {(char *)(uintptr_t)tool, of, texts[0], texts[1], texts[2], texts[3], texts[4], texts[5], NULL};
  pid_t child = fork();
  if (child == 0) {
    freopen("/dev/null", "w", stderr);
    execvp(tool, arguments);
    _exit(127);
  }
  int status;
  return child < 0 || waitpid(child, &status, 0) != child || status ? -1 : 0;
}

/* In a helper that stayed outside: the set-user-id programs of shadow may map what an ordinary user may not. */
static int map_range(pid_t pid, uid_t uid, gid_t gid) {
  unsigned long first_user, users, first_group, groups;
  if (!range("/etc/subuid", uid, &first_user, &users) || !range("/etc/subgid", uid, &first_group, &groups)) return -1;
  unsigned long count = users < groups ? users : groups;
  if (count > 65536) count = 65536;
  if (run_map("newuidmap", pid, uid, first_user, count) || run_map("newgidmap", pid, gid, first_group, count)) return -1;
  return (int)count;
}

static int map_self(uid_t uid, gid_t gid) {
  char users[40], groups[40];
  snprintf(users, sizeof users, "0 %u 1\n", uid);
  snprintf(groups, sizeof groups, "0 %u 1\n", gid);
  if (file_write("/proc/self/setgroups", "deny") && errno != ENOENT) return -1;
  return file_write("/proc/self/uid_map", users) || file_write("/proc/self/gid_map", groups) ? -1 : 0;
}

void rootless_again(int argc, char **argv, unsigned users) {
  char *again[64], number[24];
  if (argc > 60) return;
  memcpy(again, argv, (size_t)argc * sizeof *argv);
  snprintf(number, sizeof number, "%u", users);
  again[argc] = (char *)(uintptr_t)"--entered";
  again[argc + 1] = number;
  again[argc + 2] = NULL;
  execv("/proc/self/exe", again);
}

int rootless_enter(unsigned *users, char *why, size_t why_room, char *fix, size_t fix_room) {
  uid_t uid = geteuid();
  gid_t gid = getegid();
  pid_t self = getpid();
  int go[2], done[2];
  *users = 0;
  if (pipe(go) || pipe(done)) return -1;
  pid_t helper = fork();
  if (helper == 0) {
    char byte;
    close(go[1]);
    int count = read(go[0], &byte, 1) == 1 ? map_range(self, uid, gid) : -1;
    if (write(done[1], &count, sizeof count) != sizeof count) _exit(1);
    _exit(0);
  }
  close(go[0]);
  close(done[1]);
  int failed = unshare(CLONE_NEWUSER), failure = errno, count = -1;
  if (!failed && (write(go[1], "", 1) != 1 || read(done[0], &count, sizeof count) != sizeof count)) count = -1;
  close(go[1]);
  close(done[0]);
  if (helper > 0) waitpid(helper, NULL, 0);
  if (!failed && count > 0) *users = (unsigned)count;
  if (!failed && count <= 0) failed = map_self(uid, gid), failure = errno;
  /* Mounts may be copied only out of a mount namespace that is its own; what the host mounts later still appears in it. */
  if (!failed) failed = unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL), failure = errno;
  if (!failed) return 0;
  snprintf(why, why_room, "this machine lets an ordinary user make no user namespaces: %s", strerror(failure));
  if (!access("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", F_OK))
    snprintf(fix, fix_room, "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0, or run the server as root");
  else if (!access("/proc/sys/kernel/unprivileged_userns_clone", F_OK))
    snprintf(fix, fix_room, "sudo sysctl kernel.unprivileged_userns_clone=1, or run the server as root");
  else
    snprintf(fix, fix_room, "sudo sysctl user.max_user_namespaces=10000, or run the server as root");
  return -1;
}
