#include "attempts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct outside attempts_outside;

static void tell(const char *name, int held, const char *tried) {
  char line[200];
  int size = snprintf(line, sizeof line, "%s %s %s\n", name, held ? "held" : "passed", tried);
  if (write(1, line, (size_t)size) != size) _exit(9);
}

static unsigned long long status_word(const char *name, int base) {
  char text[4096];
  int fd = open("/proc/self/status", O_RDONLY);
  ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
  if (fd >= 0) close(fd);
  if (got < 0) return ~0ULL;
  text[got] = 0;
  const char *at = strstr(text, name);
  return at ? strtoull(at + strlen(name), NULL, base) : ~0ULL;
}

static int no_capabilities(void) {
  return !status_word("\nCapEff:", 16) && !status_word("\nCapPrm:", 16) && !status_word("\nCapBnd:", 16) && !status_word("\nCapInh:", 16) && !status_word("\nCapAmb:", 16);
}

static int blocked(long number, long a, long b, long c) {
  errno = 0;
  long result = syscall(number, a, b, c, 0, 0, 0);
  return result < 0 && (errno == EPERM || errno == ENOSYS);
}

static int dangerous_calls_blocked(void) {
  const long calls[] = {SYS_mount, SYS_umount2, SYS_pivot_root, SYS_setns, SYS_unshare, SYS_bpf, SYS_keyctl, SYS_add_key, SYS_userfaultfd, SYS_perf_event_open,
                        SYS_init_module, SYS_delete_module, SYS_kexec_load, SYS_ptrace, SYS_process_vm_readv, SYS_open_by_handle_at, SYS_reboot, 425 /* io_uring_setup */};
  for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
    if (!blocked(calls[i], 0, 0, 0)) return 0;
  return blocked(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0) && ioctl(0, TIOCSTI, "x") < 0 && errno == EPERM;
}

/* Writing anywhere but where it may must fail, and because of the mount: for want of a user or by Landlock it would fail with EACCES. */
static int root_is_read_only(void) {
  static const char *const places[] = {"/usr/mayfly-probe", "/mayfly-probe", "/etc/mayfly-probe", "/opt/mayfly-probe", "/dev/mayfly-probe"};
  struct stat status;
  for (size_t i = 0; i < sizeof places / sizeof *places; i++)
    if (open(places[i], O_CREAT | O_WRONLY | O_CLOEXEC, 0600) >= 0 || errno != EROFS) return 0;
  return !stat("/tmp", &status) && stat("/etc/shadow", &status) && stat("/home/..", &status) == 0 && stat("/sys/kernel", &status);
}

/* A device of number 0 is harmless, so that the kernel lets anybody make one, where Landlock does not. */
static int no_device_can_be_made(void) {
  int failed = mknod("/tmp/device", S_IFCHR | 0600, 0), reason = errno;
  if (!failed) unlink("/tmp/device");
  return failed && reason == EACCES;
}

static int only_own_processes(void) {
  char name[32];
  int seen = 0;
  for (int pid = 1; pid < 400; pid++) {
    snprintf(name, sizeof name, "/proc/%d", pid);
    struct stat status;
    if (!stat(name, &status)) seen++;
  }
  return getpid() == 2 && getppid() == 1 && seen <= 2;
}

static int only_own_descriptors(void) {
  for (int fd = 3; fd < 256; fd++)
    if (fcntl(fd, F_GETFD) >= 0) return 0;
  return 1;
}

static int own_user_namespace(void) {
  unsigned long inside = 0, outside = 0, count = 0;
  FILE *file = fopen("/proc/self/uid_map", "r");
  int got = file ? fscanf(file, "%lu %lu %lu", &inside, &outside, &count) : 0;
  if (file) fclose(file);
  return got == 3 && inside == 1000 && count == 1 && getuid() == 1000;
}

/* Abstract sockets and the loopback of the host are those of another network namespace. */
static int own_network(void) {
  struct stat here;
  if (stat("/proc/self/ns/net", &here) || here.st_ino == attempts_outside.network) return 0;
  char text[2048];
  int fd = open("/proc/net/dev", O_RDONLY);
  ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
  if (fd >= 0) close(fd);
  if (got < 0) return 0;
  text[got] = 0;
  int interfaces = 0;
  for (const char *at = text; (at = strchr(at, ':')); at++) interfaces++;
  return interfaces == 1 && strstr(text, "lo:");
}

int attempt_barriers(void) {
  tell("capabilities", no_capabilities(), "no capability is held or can be gained");
  tell("no_new_privs", status_word("\nNoNewPrivs:", 10) == 1, "set-user-id programs give nothing");
  tell("seccomp", status_word("\nSeccomp:", 10) == 2 && dangerous_calls_blocked(), "19 calls that reach the kernel's control were refused");
  tell("root", root_is_read_only(), "five places outside of /tmp could not be written, /etc/shadow and /sys are not there");
  tell("landlock", no_device_can_be_made(), "no device could be made in /tmp");
  tell("processes", only_own_processes(), "only its own processes are to be seen");
  tell("descriptors", only_own_descriptors(), "nothing is open but 0 to 2");
  tell("users", own_user_namespace(), "its user is nobody outside of its user namespace");
  tell("network", own_network(), "it sees no interface of the host");
  return 0;
}

int attempt_memory(void) {
  enum { SIZE = 96 << 20 };
  char *bytes = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (bytes == MAP_FAILED) return 1;
  for (size_t at = 0; at < SIZE; at += 4096) bytes[at] = 1;
  return 0;
}

int attempt_processes(void) {
  int made = 0;
  for (int i = 0; i < 100; i++) {
    pid_t child = fork();
    if (child == 0) {
      pause();
      _exit(0);
    }
    if (child > 0) made++;
  }
  return made >= 100 ? 1 : 0;
}

int attempt_cpu(void) {
  struct timespec used;
  do clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  while (used.tv_sec == 0 && used.tv_nsec < 12000000);
  return 0;
}

int attempt_connect(void) {
  struct sockaddr_in there = {.sin_family = AF_INET, .sin_port = attempts_outside.port, .sin_addr.s_addr = attempts_outside.address};
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  return fd < 0 || !connect(fd, (struct sockaddr *)&there, sizeof there) || errno != ECONNREFUSED;
}

int attempt_tmp(void) {
  static char block[65536];
  char name[40];
  int fd = open("/tmp/fill", O_CREAT | O_WRONLY, 0600), full = 0, many = 0;
  if (fd < 0) return 2;
  memset(block, 1, sizeof block);
  for (int i = 0; i < 64 && !full; i++) full = write(fd, block, sizeof block) < (ssize_t)sizeof block;
  close(fd);
  unlink("/tmp/fill");
  for (int i = 0; i < 200 && !many; i++) {
    snprintf(name, sizeof name, "/tmp/%d", i);
    fd = open(name, O_CREAT | O_WRONLY, 0600);
    if (fd < 0) many = 1;
    else close(fd);
  }
  return full && many ? 0 : 1;
}
