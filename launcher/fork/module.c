/*
 * The Python module mayfly_fork, without Python's headers, which few machines have: what is declared here is the part of the stable ABI
 * (PEP 384) that it takes, the same for every Python from 3.9 on that has a global lock.
 */
#include "confine.h"
#include "fork/seats.h"
#include "fork/serve.h"

#include <stddef.h>

typedef struct {
  ptrdiff_t references;
  void *type;
} PyObject;

struct method {
  const char *name;
  PyObject *(*call)(PyObject *self, PyObject *argument);
  int flags;
  const char *documentation;
};

static struct definition {
  PyObject base;
  void *init;
  ptrdiff_t index;
  PyObject *copy;
  const char *name, *documentation;
  ptrdiff_t size;
  struct method *methods;
  void *slots, *traverse, *clear, *release;
} definition;

enum { ARGUMENTS = 0x0001, ONE_ARGUMENT = 0x0008, ABI = 1013 };

extern PyObject *PyModule_Create2(void *definition, int version);
extern PyObject *PyLong_FromLong(long value);
extern long PyLong_AsLong(PyObject *value);
extern PyObject *PyTuple_GetItem(PyObject *tuple, ptrdiff_t place);
extern int PyBytes_AsStringAndSize(PyObject *bytes, char **content, ptrdiff_t *size);
extern void PyOS_BeforeFork(void);
extern void PyOS_AfterFork_Parent(void);
extern void PyOS_AfterFork_Child(void);

static PyObject *serve(PyObject *self, PyObject *orders) {
  (void)self;
  return PyLong_FromLong(fork_serve((int)PyLong_AsLong(orders), PyOS_BeforeFork, PyOS_AfterFork_Parent, PyOS_AfterFork_Child));
}

static PyObject *seats(PyObject *self, PyObject *arguments) {
  (void)self;
  PyObject *channel = PyTuple_GetItem(arguments, 0), *ready = channel ? PyTuple_GetItem(arguments, 1) : NULL;
  char *content;
  ptrdiff_t size;
  if (!ready || PyBytes_AsStringAndSize(ready, &content, &size)) return NULL;
  return PyLong_FromLong(seats_open((int)PyLong_AsLong(channel), content, (size_t)size, PyOS_BeforeFork, PyOS_AfterFork_Child));
}

static struct method methods[] = {
    {"seats", seats, ARGUMENTS, "seats(descriptor, ready): says there that it is ready; 1 in each copy that a seat makes, -1 where copies would share memory, "
                                "-2 where that cannot be told; the process ends with what is at the other end of the descriptor"},
    {"serve", serve, ONE_ARGUMENT, "serve(descriptor): 1 in a copy that is wanted at once, 2 in one that is held ready, 0 when nobody can ask for one any more"},
    {NULL, NULL, 0, NULL},
};

__attribute__((visibility("default"))) PyObject *PyInit_mayfly_fork(void);
PyObject *PyInit_mayfly_fork(void) {
  if (confine_prepare()) return NULL;
  definition = (struct definition){.base = {1, NULL}, .name = "mayfly_fork", .documentation = "Copies of this process in sandboxes.", .size = -1, .methods = methods};
  return PyModule_Create2(&definition, ABI);
}
