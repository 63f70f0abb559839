#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "helpers.h"

static _Noreturn void give_up(const char *step) {
    fprintf(stderr, "net: %s: %s\n", step, strerror(errno));
    _exit(1);
}

static int ascending(const void *left, const void *right) { return *(const int *)left - *(const int *)right; }

/* Standard input and output are the launcher's: a lifeline and a protocol. Standard error is its log and stays. */
static void close_others(const int *keep, int count) {
    int sorted[8], used = 0;
    unsigned from = 3;
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0)
        give_up("/dev/null");
    for (int i = 0; i < count; i++)
        if (keep[i] > 2)
            sorted[used++] = keep[i];
    qsort(sorted, (size_t)used, sizeof *sorted, ascending);
    for (int i = 0; i <= used; i++) {
        unsigned to = i < used ? (unsigned)sorted[i] : ~0u;
        if ((i == used || to > from) && syscall(SYS_close_range, from, i < used ? to - 1 : ~0u, 0) != 0)
            give_up("close_range");
        from = to + 1;
    }
}

void helper_confine(const char *name, const int *keep, int count) {
    /* They end with the launcher, so that sandboxes have a network until the last of them is gone; not with a terminal or a service stop. */
    static const int ignored[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGUSR1, SIGUSR2};
    sigset_t none;
    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
        signal(ignored[i], SIG_IGN);
    signal(SIGCHLD, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    close_others(keep, count);
    prctl(PR_SET_NAME, name);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
        give_up("prctl");
}

void helper_capabilities(unsigned long long mask) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {
        {.effective = (uint32_t)mask, .permitted = (uint32_t)mask},
        {.effective = (uint32_t)(mask >> 32), .permitted = (uint32_t)(mask >> 32)},
    };
    for (int capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++)
        if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0)
            give_up("capability bounding set");
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    if (syscall(SYS_capset, &header, data) != 0)
        give_up("capset");
}
