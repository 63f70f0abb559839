#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "helpers.h"

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

/* The sanitizers need more, and are for tests. */
#if defined(ARCHITECTURE) && !defined(__SANITIZE_ADDRESS__)

static const int allowed[] = {
    /* the loop */
    SYS_epoll_pwait, SYS_epoll_ctl, SYS_recvfrom, SYS_sendto, SYS_recvmsg, SYS_sendmsg, SYS_accept4, SYS_socket, SYS_connect, SYS_close,
    SYS_shutdown, SYS_getsockname, SYS_getsockopt, SYS_setsockopt, SYS_clock_gettime,
#ifdef SYS_epoll_wait
    SYS_epoll_wait,
#endif
    /* addresses of the host, /etc/resolv.conf */
    SYS_bind, SYS_ioctl, SYS_openat, SYS_read, SYS_readv, SYS_newfstatat, SYS_fstat, SYS_lseek, SYS_getpid,
#ifdef SYS_open
    SYS_open, SYS_stat,
#endif
    /* what the C library does by itself */
    SYS_brk, SYS_mmap, SYS_munmap, SYS_mremap, SYS_madvise, SYS_mprotect, SYS_futex, SYS_getrandom, SYS_write, SYS_writev, SYS_fcntl,
    SYS_rt_sigreturn, SYS_restart_syscall, SYS_exit, SYS_exit_group,
};

#define COUNT (sizeof allowed / sizeof *allowed)

void helper_calls(void) {
    struct sock_filter filter[COUNT + 6];
    size_t length = 0;
    filter[length++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
    filter[length++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0);
    filter[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
    filter[length++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (size_t i = 0; i < COUNT; i++)
        filter[length++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)allowed[i], (unsigned char)(COUNT - i), 0);
    filter[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
    filter[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sock_fprog program = {.len = (unsigned short)length, .filter = filter};
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
        fprintf(stderr, "net: egress cannot be confined: %s\n", strerror(errno));
        _exit(1);
    }
}

#else

void helper_calls(void) {}

#endif
