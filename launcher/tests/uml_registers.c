/*
 * Preloaded into User Mode Linux of kernels before 6.14, whose room for a process's registers is that of AVX-512: on processors with more of
 * them (AMX) the kernel takes a set of registers only whole, and UML dies at its first process. It is given what it has room for, and the
 * rest is put back as it was.
 */
#include <dlfcn.h>
#include <elf.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/uio.h>

enum { WHOLE = 64 * 1024 };

typedef long call(int request, pid_t pid, void *address, void *data);

long ptrace(enum __ptrace_request request, ...) {
  static call *real;
  va_list arguments;
  va_start(arguments, request);
  pid_t pid = va_arg(arguments, pid_t);
  void *address = va_arg(arguments, void *), *data = va_arg(arguments, void *);
  va_end(arguments);
  if (!real) real = (call *)dlsym(RTLD_NEXT, "ptrace");
  if ((request != PTRACE_GETREGSET && request != PTRACE_SETREGSET) || address != (void *)NT_X86_XSTATE) return real((int)request, pid, address, data);
  static char bytes[WHOLE];
  struct iovec *part = data, whole = {bytes, sizeof bytes};
  if (real(PTRACE_GETREGSET, pid, address, &whole)) return -1;
  size_t size = part->iov_len < whole.iov_len ? part->iov_len : whole.iov_len;
  if (request == PTRACE_GETREGSET) {
    memcpy(part->iov_base, bytes, size);
    part->iov_len = size;
    return 0;
  }
  memcpy(bytes, part->iov_base, size);
  return real(PTRACE_SETREGSET, pid, address, &whole);
}
