/* Where control groups are mounted, which this process may use, and what an earlier launcher left in them. */
#include "cgroup.h"
#include "files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const NAMES[CG_COUNT] = {"memory", "pids", "cpu", "cpuacct"};

/* Whether word is one of the words of list, which are separated by commas or spaces. */
static int has_word(const char *list, const char *word) {
  size_t size = strlen(word);
  for (const char *at = list; (at = strstr(at, word)); at += size)
    if ((at == list || strchr(", ", at[-1])) && (!at[size] || strchr(", \n", at[size]))) return 1;
  return 0;
}

/* The own group's path in the hierarchy that has the controller; NULL: v2's. "" when not found. */
static void own_path(const char *controller, char *path, size_t room) {
  *path = 0;
  FILE *file = fopen("/proc/self/cgroup", "re");
  char line[800];
  while (file && fgets(line, sizeof line, file)) {
    char *list = strchr(line, ':'), *where = list ? strchr(list + 1, ':') : NULL;
    if (!where) continue;
    *where++ = 0;
    list++;
    where[strcspn(where, "\n")] = 0;
    if (controller ? has_word(list, controller) : !*list) snprintf(path, room, "%s", strcmp(where, "/") ? where : "");
  }
  if (file) fclose(file);
}

/* Ends everything in a group and the groups below it, and removes them. */
static void sweep(const char *path, int depth) {
  char below[1200];
  DIR *folder = depth < 8 ? opendir(path) : NULL;
  for (struct dirent *entry; folder && (entry = readdir(folder));) {
    if (entry->d_type != DT_DIR || entry->d_name[0] == '.') continue;
    snprintf(below, sizeof below, "%s/%s", path, entry->d_name);
    sweep(below, depth + 1);
  }
  if (folder) closedir(folder);
  for (int tries = 0; tries < 200; tries++) {
    snprintf(below, sizeof below, "%s/cgroup.procs", path);
    FILE *file = fopen(below, "re");
    for (int pid; file && fscanf(file, "%d", &pid) == 1;)
      if (pid > 1 && pid != getpid()) kill(pid, SIGKILL);
    if (file) fclose(file);
    if (!rmdir(path) || errno == ENOENT) return;
    usleep(5000);
  }
}

static void sweep_recorded(const char *record) {
  FILE *file = fopen(record, "re");
  char line[700];
  while (file && fgets(line, sizeof line, file)) {
    line[strcspn(line, "\n")] = 0;
    const char *name = strrchr(line, '/');
    if (line[0] == '/' && name && !strncmp(name, "/mayfly-", 8) && !strstr(line, "/../")) sweep(line, 0);
  }
  if (file) fclose(file);
}

static int make_folder(const char *path) {
  if (mkdir(path, 0755) && errno != EEXIST) return -1;
  return open(path, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
}

/* Turns controllers on for the groups below path; bit i of the answer: controller i is on. */
static int enable(const char *path) {
  char file[900], on[400];
  int enabled = 0;
  for (int i = 0; i < CG_CPUACCT; i++) {
    char word[20];
    snprintf(word, sizeof word, "+%s", NAMES[i]);
    snprintf(file, sizeof file, "%s/cgroup.subtree_control", path);
    file_write(file, word);
    if (file_read(file, on, sizeof on) > 0 && has_word(on, NAMES[i])) enabled |= 1 << i;
  }
  return enabled;
}

/* v2 forbids limits below a group that has processes of its own. Where only this process and the server are in it, both move one down. */
static void step_aside(const char *path) {
  char file[900], folder[800], text[24];
  int mine[2] = {getpid(), getppid()}, others = 0;
  snprintf(file, sizeof file, "%s/cgroup.procs", path);
  FILE *list = fopen(file, "re");
  for (int pid; list && fscanf(list, "%d", &pid) == 1;)
    if (pid != mine[0] && pid != mine[1]) others++;
  if (list) fclose(list);
  if (others || !list) return;
  snprintf(folder, sizeof folder, "%s/mayfly-server", path);
  if (mkdir(folder, 0755) && errno != EEXIST) return;
  snprintf(file, sizeof file, "%s/cgroup.procs", folder);
  for (int i = 0; i < 2; i++) {
    snprintf(text, sizeof text, "%d", mine[i]);
    file_write(file, text);
  }
}

static void use_unified(struct cgroups *all, const char *mount, const char *key) {
  char own[400], path[500];
  own_path(NULL, own, sizeof own);
  snprintf(path, sizeof path, "%.80s%.380s", mount, own);
  int enabled = enable(path);
  if (!enabled && *own) {
    step_aside(path);
    enabled = enable(path);
  }
  if (!enabled && *own && geteuid() == 0) { /* nobody gave us a group: take one at the top, as container engines do */
    int top = enable(mount);
    if (top) {
      enabled = top;
      snprintf(path, sizeof path, "%.80s", mount);
    }
  }
  snprintf(all->unified_path, sizeof all->unified_path, "%s/mayfly-%s", path, key);
  sweep(all->unified_path, 0); /* of an earlier launcher whose record is lost */
  all->unified = make_folder(all->unified_path);
  if (all->unified < 0) return;
  if (enabled) enabled = enable(all->unified_path);
  for (int i = 0; i < CG_CPUACCT; i++) all->v2[i] = enabled >> i & 1;
  all->v2[CG_CPUACCT] = 1; /* cpu.stat is there without any controller */
}

static void use_v1(struct cgroups *all, int controller, const char *mount, const char *key) {
  char own[400];
  own_path(NAMES[controller], own, sizeof own);
  snprintf(all->v1_path[controller], sizeof all->v1_path[controller], "%.80s%.380s/mayfly-%s", mount, own, key);
  int shared = 0; /* with a controller that is mounted together with this one */
  for (int i = 0; i < CG_COUNT; i++) shared |= i != controller && all->v1[i] >= 0 && !strcmp(all->v1_path[i], all->v1_path[controller]);
  if (!shared) sweep(all->v1_path[controller], 0);
  all->v1[controller] = make_folder(all->v1_path[controller]);
}

void cgroups_open(struct cgroups *all, const char *key, const char *record) {
  memset(all, 0, sizeof *all);
  all->unified = -1;
  for (int i = 0; i < CG_COUNT; i++) all->v1[i] = -1;
  sweep_recorded(record);
  FILE *mounts = fopen("/proc/self/mountinfo", "re");
  char line[2048];
  while (mounts && fgets(line, sizeof line, mounts)) {
    char where[400], kind[40], options[400];
    char *tail = strstr(line, " - ");
    if (!tail || sscanf(line, "%*s %*s %*s %*s %399s", where) != 1 || sscanf(tail, " - %39s %*s %399s", kind, options) != 2) continue;
    if (!strcmp(kind, "cgroup2") && all->unified < 0) use_unified(all, where, key);
    if (!strcmp(kind, "cgroup"))
      for (int i = 0; i < CG_COUNT; i++)
        if (has_word(options, NAMES[i]) && all->v1[i] < 0) use_v1(all, i, where, key);
  }
  if (mounts) fclose(mounts);
  if (all->unified >= 0 && all->v1[CG_CPUACCT] >= 0) { /* v2 counts CPU time by itself: one hierarchy less to join */
    if (strcmp(all->v1_path[CG_CPUACCT], all->v1_path[CG_CPU])) rmdir(all->v1_path[CG_CPUACCT]);
    close(all->v1[CG_CPUACCT]);
    all->v1[CG_CPUACCT] = -1;
  }
  FILE *file = fopen(record, "we");
  if (!file) return;
  if (all->unified >= 0) fprintf(file, "%s\n", all->unified_path);
  for (int i = 0; i < CG_COUNT; i++)
    if (all->v1[i] >= 0) fprintf(file, "%s\n", all->v1_path[i]);
  fclose(file);
}


void cgroups_close(struct cgroups *all) {
  if (all->unified >= 0) sweep(all->unified_path, 0);
  for (int i = 0; i < CG_COUNT; i++)
    if (all->v1[i] >= 0) sweep(all->v1_path[i], 0);
}
