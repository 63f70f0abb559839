/* Cloning without libc: like vfork, the child has this memory and this stack until it ends, and meanwhile nothing else here runs. Inlined, because
 * whoever returned from a function would find its frame overwritten; so the caller's child must call nothing but one function that never returns. */
#ifndef MAYFLY_FORK_RAW_H
#define MAYFLY_FORK_RAW_H

#include <errno.h>
#include <linux/sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/types.h>

struct clone_call {
  uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup;
};

static inline struct clone_call clone_call(uint64_t flags, int unified) {
  struct clone_call call = {.flags = CLONE_VM | flags, .exit_signal = SIGCHLD};
  if (unified >= 0) {
    call.flags |= CLONE_INTO_CGROUP;
    call.cgroup = (uint64_t)unified;
  }
  return call;
}

/* unified: a folder of cgroup v2 for the child; -1: where the parent is. */
static inline __attribute__((always_inline)) pid_t lend_all(int unified) {
  struct clone_call call = clone_call(CLONE_VFORK, unified);
  long result;
#if defined __x86_64__
  __asm__ volatile("syscall" : "=a"(result) : "0"((long)SYS_clone3), "D"(&call), "S"(sizeof call) : "rcx", "r11", "memory");
#elif defined __aarch64__
  register long number __asm__("x8") = SYS_clone3;
  register long first __asm__("x0") = (long)&call;
  register long second __asm__("x1") = sizeof call;
  __asm__ volatile("svc 0" : "+r"(first) : "r"(number), "r"(second) : "memory");
  result = first;
#else
#error "a processor that this was not written for"
#endif
  return result < 0 ? (errno = (int)-result, -1) : (pid_t)result;
}

/* The same with a stack of its own, on which it runs, and never returns; who makes it goes on at once. */
static inline pid_t lend_memory(int unified, char *stack, size_t size, void (*run)(void)) {
  struct clone_call call = clone_call(0, unified);
  call.stack = (uint64_t)(uintptr_t)stack;
  call.stack_size = size;
  long result;
#if defined __x86_64__
  __asm__ volatile("syscall\n\ttest %%rax, %%rax\n\tjnz 1f\n\txor %%ebp, %%ebp\n\tcall *%[run]\n\tud2\n1:"
                   : "=a"(result) : "0"((long)SYS_clone3), "D"(&call), "S"(sizeof call), [run] "b"(run) : "rcx", "r11", "memory", "cc");
#elif defined __aarch64__
  register long number __asm__("x8") = SYS_clone3;
  register long first __asm__("x0") = (long)&call;
  register long second __asm__("x1") = sizeof call;
  register void (*third)(void) __asm__("x19") = run;
  __asm__ volatile("svc 0\n\tcbnz x0, 1f\n\tmov x29, xzr\n\tblr %[run]\n\tbrk 0\n1:" : "+r"(first) : "r"(number), "r"(second), [run] "r"(third) : "memory", "cc");
  result = first;
#endif
  return result < 0 ? (errno = (int)-result, -1) : (pid_t)result;
}

/* Says a last word and ends this process, without a function's frame: it would lie where another runs. */
static inline __attribute__((always_inline, noreturn)) void end_frameless(const char *word, long length) {
#if defined __x86_64__
  long result;
  __asm__ volatile("syscall" : "=a"(result) : "0"((long)SYS_write), "D"(2L), "S"(word), "d"(length) : "rcx", "r11", "memory");
  __asm__ volatile("syscall" : : "a"((long)SYS_exit_group), "D"(1L) : "rcx", "r11", "memory");
#elif defined __aarch64__
  register long number __asm__("x8") = SYS_write;
  register long first __asm__("x0") = 2;
  register const char *second __asm__("x1") = word;
  register long third __asm__("x2") = length;
  __asm__ volatile("svc 0" : "+r"(first) : "r"(number), "r"(second), "r"(third) : "memory");
  number = SYS_exit_group;
  first = 1;
  __asm__ volatile("svc 0" : "+r"(first) : "r"(number) : "memory");
#endif
  __builtin_unreachable();
}

#endif
