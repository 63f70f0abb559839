/* Cloning without libc: like vfork, the child has this memory and this stack until it ends, and meanwhile nothing else here runs. Inlined, because
 * whoever returned from a function would find its frame overwritten; so the caller's child must call nothing but one function that never returns. */
#ifndef MAYFLY_FORK_RAW_H
#define MAYFLY_FORK_RAW_H

#include <errno.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/types.h>

/* unified: a folder of cgroup v2 for the child; -1: where the parent is. */
static inline __attribute__((always_inline)) pid_t lend_all(int unified) {
  struct {
    uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup;
  } arguments = {.flags = CLONE_VM | CLONE_VFORK, .exit_signal = SIGCHLD};
  if (unified >= 0) {
    arguments.flags |= CLONE_INTO_CGROUP;
    arguments.cgroup = (uint64_t)unified;
  }
  long result;
#if defined __x86_64__
  __asm__ volatile("syscall" : "=a"(result) : "0"((long)SYS_clone3), "D"(&arguments), "S"(sizeof arguments) : "rcx", "r11", "memory");
#elif defined __aarch64__
  register long number __asm__("x8") = SYS_clone3;
  register long first __asm__("x0") = (long)&arguments;
  register long second __asm__("x1") = sizeof arguments;
  __asm__ volatile("svc 0" : "+r"(first) : "r"(number), "r"(second) : "memory");
  result = first;
#else
#error "a processor that this was not written for"
#endif
  return result < 0 ? (errno = (int)-result, -1) : (pid_t)result;
}

#endif
