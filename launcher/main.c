/* mayfly-launcher: makes sandboxes for the server. docs/launcher-protocol.md is its contract, launcher/README.md its map. */
#include "confine.h"
#include "options.h"
#include "probe.h"
#include "root.h"
#include "rootless.h"
#include "server.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Ends the launcher, and the groups it made, of which nobody may know where the runtime directory is at fault. */
static void not_ready(struct server *server, const char *reason, const char *fix) __attribute__((noreturn));
static void not_ready(struct server *server, const char *reason, const char *fix) {
  if (server) cgroups_close(&server->groups);
  printf("{\"ready\":false,\"reason\":\"%s\",\"fix\":\"%s\"}\n", reason, fix);
  fflush(stdout);
  exit(1);
}

static void enter_user_namespace(struct server *server, const struct options *options, int argc, char **argv) {
  char why[300] = "", fix[300] = "";
  unsigned users = 0;
  if (options->entered < 0 && geteuid() == 0) return;
  if (options->entered < 0) {
    if (rootless_enter(&users, why, sizeof why, fix, sizeof fix)) not_ready(NULL, why, fix);
    rootless_again(argc, argv, users);
    not_ready(NULL, "the launcher could not start itself again", "mayfly doctor");
  }
  server->rootless = 1;
  server->around.first_uid = 1;
  server->around.uid_count = (unsigned)options->entered;
}

static void prepare_root(struct server *server, const struct options *options) {
  char staging[128], why[300] = "it could not be tried";
  snprintf(staging, sizeof staging, "%s/root", options->folder);
  if (mkdir(staging, 0700) && errno != EEXIST) not_ready(server, "the runtime directory cannot be written", "mayfly doctor");
  server->around.root_namespace = root_make(staging, options->domain, why, sizeof why);
  if (server->around.root_namespace < 0)
    not_ready(server, why, server->rootless ? "Run the server as root, or outside of a container that forbids mounts." : "Run the server where root may mount: in a container, with CAP_SYS_ADMIN and CAP_SYS_PTRACE, and without its seccomp and AppArmor profiles.");
}

/* What the probes used of the stack goes back to the kernel, or every start would copy its page tables. */
static void release_stack(void) __attribute__((noinline)); /* so that its frame lies below all that is in use */
static void release_stack(void) {
  enum { PAGE = 4096, DEEP = 1 << 20 };
  uintptr_t here = (uintptr_t)__builtin_frame_address(0) / PAGE * PAGE - PAGE;
  madvise((void *)(here - DEEP), DEEP, MADV_DONTNEED); /* ENOMEM: the stack never went that deep; what there is went back */
}

int main(int argc, char **argv) {
  static struct server server;
  struct options options;
  const char *wrong = options_parse(&options, argc, argv);
  if (wrong) {
    fprintf(stderr, "mayfly-launcher: %s\n%s", wrong, OPTIONS_USAGE);
    return 2;
  }
  struct stat lifeline;
  if (fstat(0, &lifeline) || (!S_ISFIFO(lifeline.st_mode) && !S_ISSOCK(lifeline.st_mode) && !isatty(0))) {
    fprintf(stderr, "mayfly-launcher: standard input is no pipe, whose end would end the launcher\n%s", OPTIONS_USAGE);
    return 2;
  }
  syscall(SYS_close_range, 3, ~0U, 0);
  umask(0077);
  /* What the server ignores, programs would inherit; among it two that libc ignores in what it spawns and gives nobody else a say in. */
  static const unsigned long defaults[4];
  for (int number = 1; number < NSIG; number++) syscall(SYS_rt_sigaction, number, defaults, NULL, 8);
  signal(SIGPIPE, SIG_IGN);
  struct rlimit files;
  if (!getrlimit(RLIMIT_NOFILE, &files)) { /* a sandbox takes about ten */
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
  }
  server.folder = options.folder;
  server.around.domain = options.domain;
  server.around.users = !sabotaged("users");
  server.around.launcher = (int)syscall(SYS_pidfd_open, getpid(), 0);
  enter_user_namespace(&server, &options, argc, argv);
  char record[128];
  snprintf(record, sizeof record, "%s/groups", options.folder);
  cgroups_open(&server.groups, options.key, record); /* first: it may have to move this process while it is alone */
  struct net_config config = {.inside = options.inside, .inside_tls = options.inside_tls, .ports = options.ports, .everywhere = options.everywhere, .tls_port = options.port_tls, .domain = options.domain, .root = !server.rootless, .unprivileged_uid = options.network_uid};
  server.networked = !net_start(&server.net, &config);
  prepare_root(&server, &options);
  sandbox_prepare();
  if (confine_prepare()) not_ready(&server, "the filter of system calls cannot be made", "Report this.");
  if (server_open(&server)) not_ready(&server, "launcher.sock cannot be made in the runtime directory", "mayfly doctor");
  struct findings findings;
  probe_all(&server, &findings, !options.probed);
  if (!findings.sandbox) not_ready(&server, findings.why, "mayfly doctor");
  server_stock();
  findings_print(&server, &findings);
  release_stack();
  server_run();
}
