#include "zygote.h"
#include "fork/order.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static int send_order(int zygote, const struct fork_order *order, const int *descriptors, int count) {
  union {
    char bytes[CMSG_SPACE(FORK_DESCRIPTORS * sizeof(int))];
    struct cmsghdr head;
  } control;
  struct iovec part = {(void *)(uintptr_t)order, sizeof *order};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = CMSG_SPACE((size_t)count * sizeof(int))};
  memset(&control, 0, sizeof control);
  control.head = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN((size_t)count * sizeof(int))};
  memcpy(CMSG_DATA(&control.head), descriptors, (size_t)count * sizeof(int));
  return sendmsg(zygote, &message, MSG_NOSIGNAL) == sizeof *order ? 0 : -1;
}

int zygote_ask(const struct plan *plan, struct doors *doors) {
  const struct request *request = plan->request;
  struct fork_order order = {.size = sizeof order, .kind = request->seats ? FORK_ZYGOTE : FORK_COPY, .users = (uint32_t)plan->around->users, .uid = plan->uid, .gid = plan->gid,
                             .pids = request->pooled ? 0 : (uint32_t)request->pids, .files = request->files};
  int answer[2], descriptors[FORK_DESCRIPTORS], count = FORK_GROUPS;
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, answer)) return -1;
  doors->answer = answer[0];
  descriptors[FORK_INIT] = (int)syscall(SYS_pidfd_open, getpid(), 0);
  descriptors[FORK_LISTENER] = doors->listener;
  descriptors[FORK_WORKER] = doors->worker;
  descriptors[FORK_OUT] = doors->program_out;
  descriptors[FORK_ERR] = doors->program_err;
  descriptors[FORK_REPLY] = answer[1];
  if (plan->group->unified >= 0) descriptors[count++] = plan->group->unified, order.unified = 1;
  for (int i = 0; i < CG_COUNT; i++)
    if (plan->group->tasks[i] >= 0) descriptors[count++] = plan->group->tasks[i];
  order.groups = (uint32_t)(count - FORK_GROUPS);
  if (request->seats) descriptors[count++] = plan->orders;
  if (descriptors[FORK_INIT] < 0 || send_order(plan->zygote, &order, descriptors, count)) return -1;
  close(descriptors[FORK_INIT]);
  close(answer[1]); /* so only the zygote and its copy have that end, and their death is its end */
  return 0;
}

/* One that is stopped, or stuck, never answers. Those who ask are answered one after the other, and on a slow machine many of them take long. */
enum { PATIENCE_MILLIS = 5000, LOOK_MILLIS = 500, LONGEST_MILLIS = 30000 };

static int64_t millis_now(void) { return nanos_now() / 1000000; }

/* Changes as long as who is asked goes on: a zygote says something to one or the other, a copy uses its processor. */
static int64_t sign_of_life(const int64_t *spoke, pid_t copy) {
  clockid_t clock;
  struct timespec used;
  if (spoke) return __atomic_load_n(spoke, __ATOMIC_RELAXED);
  return clock_getcpuclockid(copy, &clock) || clock_gettime(clock, &used) ? 0 : used.tv_sec * 1000000000LL + used.tv_nsec;
}

/* 0; ETIMEDOUT; or ECONNRESET, when there is nobody left to answer. spoke: of a zygote; NULL: the copy is asked. */
static int read_reply(int from, struct fork_reply *reply, const int64_t *spoke, pid_t copy) {
  struct pollfd answered = {.fd = from, .events = POLLIN};
  int64_t begun = millis_now(), changed = begun, sign = sign_of_life(spoke, copy);
  for (;;) {
    int ready = poll(&answered, 1, LOOK_MILLIS);
    if (ready) {
      ssize_t got = ready < 0 ? -1 : recv(from, reply, sizeof *reply, MSG_DONTWAIT);
      if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
      return got == sizeof *reply ? 0 : ECONNRESET;
    }
    int64_t now = millis_now(), other = sign_of_life(spoke, copy);
    if (other != sign) changed = now;
    sign = other;
    if (now - changed >= PATIENCE_MILLIS || (!spoke && now - begun >= LONGEST_MILLIS)) return ETIMEDOUT;
  }
}

int zygote_hear(const struct plan *plan, struct doors *doors, char *step, char *why) {
  static struct fork_reply reply;
  const char *who = "zygote";
  int failure = read_reply(doors->answer, &reply, plan->spoke, 0);
  if (!failure) __atomic_store_n(plan->spoke, nanos_now(), __ATOMIC_RELAXED);
  munmap(plan->spoke, sizeof *plan->spoke);
  if (!failure && reply.stage == FORK_COPIED) {
    who = "copy";
    close(doors->memory); /* which takes its time, and the copy has some to do as well */
    doors->memory = -1;
    failure = read_reply(doors->answer, &reply, NULL, FORKED_PID + plan->request->seated);
  }
  int settled = !failure && reply.stage == FORK_SETTLED;
  if (!settled || !plan->request->seats) {
    close(doors->answer);
    doors->answer = -1;
  }
  if (settled) return 0;
  int told = !failure;
  snprintf(step, 24, "%.19s", told ? reply.step : who);
  snprintf(why, 100, "%.79s", told ? reply.why : *who == 'c' ? "a library in it does not survive being copied" : "it did not answer");
  errno = told ? reply.failed : failure;
  return -1;
}

/* To enter namespaces, to become a sandbox's user there, and to look at an init that hides from others. */
#define NEED(capability) {capability, #capability " is missing"}
static const struct {
  int number;
  const char *missing;
} NEEDED[] = {NEED(CAP_SYS_ADMIN), NEED(CAP_SYS_CHROOT), NEED(CAP_SYS_PTRACE), NEED(CAP_SETUID), NEED(CAP_SETGID), NEED(CAP_SETPCAP)};

int zygote_confine(const char **missing) {
  struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct had[2] = {0}, kept[2] = {0};
  if (syscall(SYS_capget, &head, had)) return -1;
  for (size_t i = 0; i < sizeof NEEDED / sizeof *NEEDED; i++) {
    unsigned word = (unsigned)NEEDED[i].number / 32, bit = 1U << NEEDED[i].number % 32;
    if (!(had[word].permitted & bit)) { /* a container, for example, has not been given it */
      *missing = NEEDED[i].missing;
      errno = EPERM;
      return -1;
    }
    kept[word].permitted |= bit;
    kept[word].effective |= bit;
  }
  for (int capability = 0; capability < 64; capability++)
    if (!(kept[capability / 32].permitted >> capability % 32 & 1) && prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)) {
      if (errno == EINVAL && capability) break; /* above the last one this kernel has */
      return -1;
    }
  return (int)syscall(SYS_capset, &head, kept);
}
