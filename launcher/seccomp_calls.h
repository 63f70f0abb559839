/*
 * The system calls that a program in a sandbox may make: what runtimes and ordinary programs use, and nothing that reaches other processes,
 * mounts, namespaces, kernel keys, tracing, modules or devices. New calls are added here by hand. X(name) for each.
 */
#define CALLS_EVERYWHERE(X)                                                                                                            \
  X(accept) X(accept4) X(bind) X(brk) X(capget) X(capset) X(chdir) X(clock_getres) X(clock_gettime) X(clock_nanosleep) X(clone)          \
  X(close) X(connect) X(copy_file_range) X(dup) X(dup3) X(epoll_create1) X(epoll_ctl) X(epoll_pwait) X(eventfd2) X(execve)              \
  X(execveat) X(exit) X(exit_group) X(faccessat) X(fadvise64) X(fallocate) X(fchdir) X(fchmod) X(fchmodat) X(fchown) X(fchownat)       \
  X(fcntl) X(fdatasync) X(fgetxattr) X(flistxattr) X(flock) X(fremovexattr) X(fsetxattr) X(fstat) X(fstatfs) X(fsync) X(ftruncate)      \
  X(futex) X(get_robust_list) X(getcpu) X(getcwd) X(getdents64) X(getegid) X(geteuid) X(getgid) X(getgroups) X(getitimer)               \
  X(getpeername) X(getpgid) X(getpid) X(getppid) X(getpriority) X(getrandom) X(getresgid) X(getresuid) X(getrlimit) X(getrusage)        \
  X(getsid) X(getsockname) X(getsockopt) X(gettid) X(gettimeofday) X(getuid) X(getxattr) X(inotify_add_watch) X(inotify_init1)          \
  X(inotify_rm_watch) X(ioctl) X(ioprio_get) X(ioprio_set) X(kill) X(lgetxattr) X(linkat) X(listen) X(listxattr) X(llistxattr)          \
  X(lremovexattr) X(lseek) X(lsetxattr) X(madvise) X(membarrier) X(memfd_create) X(mincore) X(mkdirat) X(mlock) X(mlock2)               \
  X(mlockall) X(mmap) X(mprotect) X(mremap) X(msgctl) X(msgget) X(msgrcv) X(msgsnd) X(msync) X(munlock) X(munlockall) X(munmap)          \
  X(nanosleep) X(newfstatat) X(openat) X(personality) X(pipe2) X(pkey_alloc) X(pkey_free) X(pkey_mprotect) X(ppoll) X(prctl)            \
  X(pread64) X(preadv) X(preadv2) X(prlimit64) X(pselect6) X(pwrite64) X(pwritev) X(pwritev2) X(read) X(readahead) X(readlinkat)        \
  X(readv) X(recvfrom) X(recvmmsg) X(recvmsg) X(removexattr) X(renameat) X(renameat2) X(restart_syscall) X(rseq)                        \
  X(rt_sigaction) X(rt_sigpending) X(rt_sigprocmask) X(rt_sigqueueinfo) X(rt_sigreturn) X(rt_sigsuspend) X(rt_sigtimedwait)             \
  X(rt_tgsigqueueinfo) X(sched_get_priority_max) X(sched_get_priority_min) X(sched_getaffinity) X(sched_getattr)                        \
  X(sched_getparam) X(sched_getscheduler) X(sched_rr_get_interval) X(sched_setaffinity) X(sched_setattr) X(sched_setparam)              \
  X(sched_setscheduler) X(sched_yield) X(seccomp) X(semctl) X(semget) X(semop) X(semtimedop) X(sendfile) X(sendmmsg) X(sendmsg)         \
  X(sendto) X(set_robust_list) X(set_tid_address) X(setfsgid) X(setfsuid) X(setgid) X(setgroups) X(setitimer) X(setpgid)                \
  X(setpriority) X(setregid) X(setresgid) X(setresuid) X(setreuid) X(setrlimit) X(setsid) X(setsockopt) X(setuid) X(setxattr)           \
  X(shmat) X(shmctl) X(shmdt) X(shmget) X(shutdown) X(sigaltstack) X(signalfd4) X(socket) X(socketpair) X(splice) X(statfs) X(statx)    \
  X(symlinkat) X(sync) X(sync_file_range) X(syncfs) X(sysinfo) X(tee) X(tgkill) X(timer_create) X(timer_delete)                         \
  X(timer_getoverrun) X(timer_gettime) X(timer_settime) X(timerfd_create) X(timerfd_gettime) X(timerfd_settime) X(times)                \
  X(tkill) X(truncate) X(umask) X(uname) X(unlinkat) X(utimensat) X(vmsplice) X(wait4) X(waitid) X(write) X(writev)

/* The older names that x86-64 still has. */
#define CALLS_X86_64(X)                                                                                                                \
  X(access) X(alarm) X(arch_prctl) X(chmod) X(chown) X(creat) X(dup2) X(epoll_create) X(epoll_wait)                     \
  X(eventfd) X(fork) X(futimesat) X(getdents) X(getpgrp) X(inotify_init) X(lchown) X(link) X(lstat) X(mkdir)          \
  X(mknod) X(open) X(pause) X(pipe) X(poll) X(readlink) X(rename) X(rmdir) X(select) X(signalfd) X(stat) X(symlink) X(time)             \
  X(unlink) X(utime) X(utimes) X(vfork)

/* Calls that headers of older distributions do not name; their numbers are the same on every architecture. */
enum {
  CALL_pidfd_send_signal = 424,
  CALL_pidfd_open = 434,
  CALL_close_range = 436,
  CALL_openat2 = 437,
  CALL_faccessat2 = 439,
  CALL_epoll_pwait2 = 441,
  CALL_landlock_create_ruleset = 444,
  CALL_landlock_add_rule = 445,
  CALL_landlock_restrict_self = 446,
  CALL_memfd_secret = 447,
  CALL_futex_waitv = 449,
  CALL_cachestat = 451,
  CALL_fchmodat2 = 452,
  CALL_futex_wake = 454,
  CALL_futex_wait = 455,
  CALL_futex_requeue = 456,
  CALL_clone3 = 435,
  CALL_io_uring_setup = 425,
};
