/*
 * program.c without a C library, whose own start asks the processor what it can do: on a virtual machine that is a trap for each question and
 * takes longer than a whole exec. What a sandbox costs shows best with a program that costs nothing.
 */
#include <asm/unistd.h>

#if defined(__x86_64__)
static long call(long number, long a, const void *b, long c) {
  long result;
  __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
  return result;
}
__asm__(".globl _start\n_start: mov %rsp, %rdi\n and $-16, %rsp\n call begin\n");
#elif defined(__aarch64__)
static long call(long number, long a, const void *b, long c) {
  register long x8 __asm__("x8") = number, x0 __asm__("x0") = a, x2 __asm__("x2") = c;
  register const void *x1 __asm__("x1") = b;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
  return x0;
}
__asm__(".globl _start\n_start: mov x0, sp\n bl begin\n");
#else
#error "bare: this architecture is not described here"
#endif

__attribute__((used, noreturn)) void begin(long *stack) {
  char **argv = (char **)(stack + 1);
  call(__NR_write, stack[0] > 1 ? argv[1][0] - '0' : 1, "!", 1);
  for (;;) call(__NR_exit_group, 0, 0, 0);
}
