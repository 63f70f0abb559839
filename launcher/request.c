#include "request.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int wrong(char *why, size_t room, const char *key, const char *value, const char *expected) {
  snprintf(why, room, "%s: %.60s (expected: %s)", key, value ? value : "missing", expected);
  return -1;
}

static int number(const char *text, long long least, long long most, long long *result) {
  if (*text < '0' || *text > '9') return -1;
  char *end;
  errno = 0;
  long long value = strtoll(text, &end, 10);
  if (errno || *end || value < least || value > most) return -1;
  *result = value;
  return 0;
}

static int is_id(const char *text) {
  size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-");
  return length >= 1 && length <= 40 && !text[length];
}

/* Absolute, without empty, `.` or `..` parts: what a mount target or a folder may be. */
static int is_plain_path(const char *text) {
  if (*text != '/' || strlen(text) >= 1024) return 0;
  for (const char *part = text; *part;) {
    part++;
    size_t length = strcspn(part, "/");
    if (length == 0 || (length == 1 && part[0] == '.') || (length == 2 && !strncmp(part, "..", 2))) return 0;
    part += length;
  }
  return 1;
}

static int below(const char *path, const char *folder) {
  size_t length = strlen(folder);
  return !strncmp(path, folder, length) && (path[length] == '/' || !path[length]);
}

/* "ro TARGET SOURCE", in place: the two spaces become ends of text. */
static int parse_mount(struct request *request, char *value) {
  if (request->mountc == MOST_MOUNTS) return -1;
  struct mount_request *mount = &request->mounts[request->mountc];
  if (strncmp(value, "ro ", 3) && strncmp(value, "rw ", 3)) return -1;
  mount->writable = value[1] == 'w';
  char *target = value + 3, *space = strchr(target, ' ');
  if (!space || space[1] != '/') return -1;
  *space = 0;
  if (!is_plain_path(target) || !(below(target, "/var/task") || (below(target, "/opt") && target[4]) || below(target, "/build"))) {
    *space = ' ';
    return -1;
  }
  mount->target = target;
  mount->source = space + 1;
  request->mountc++;
  return 0;
}

void request_put_back(struct request *request) {
  for (; request->mountc; request->mountc--) ((char *)(uintptr_t)request->mounts[request->mountc - 1].source)[-1] = ' ';
}

static int parse_shape(struct request *request, const char *value) {
  static const char *const names[] = {"worker", "server", "tool", "zygote"};
  for (int i = 0; i < 4; i++)
    if (!strcmp(value, names[i])) {
      request->shape = (enum shape)i;
      return 0;
    }
  return -1;
}

struct numeric {
  const char *key;
  long long least, most;
};

static const struct numeric NUMERIC[] = {
    {"uid", 1, 4294967294LL}, {"gid", 1, 4294967294LL}, {"memory", 1 << 20, 1LL << 50}, {"tmp", 0, 1LL << 50},
    {"cpu", 1, 1024000},      {"pids", 1, 4194304},     {"files", 64, 1048576},         {"inodes", 16, 1LL << 40},
    {"port", 1, 65535},   {"fsize", 4096, 1LL << 50},
};

static int parse_number(struct request *request, const char *key, const char *value, char *why, size_t room) {
  long *const slots[] = {&request->uid, &request->gid, NULL, NULL, &request->cpu, &request->pids, &request->files, &request->inodes, &request->port, NULL};
  long long *const large[] = {[2] = &request->memory, [3] = &request->tmp, [9] = &request->fsize};
  for (size_t i = 0; i < sizeof NUMERIC / sizeof *NUMERIC; i++) {
    if (strcmp(key, NUMERIC[i].key)) continue;
    long long result;
    if (number(value, NUMERIC[i].least, NUMERIC[i].most, &result)) {
      char expected[80];
      snprintf(expected, sizeof expected, "%lld to %lld", NUMERIC[i].least, NUMERIC[i].most);
      return wrong(why, room, key, value, expected);
    }
    if (slots[i]) *slots[i] = (long)result;
    else *large[i] = result;
    return 0;
  }
  return wrong(why, room, "field", key, "one of docs/launcher-protocol.md");
}

static int parse_field(struct request *request, const char *key, char *value, char *why, size_t room) {
  if (!strcmp(key, "id")) {
    if (!is_id(value)) return wrong(why, room, key, value, "1 to 40 of a-z, 0-9 and -");
    request->id = value;
  } else if (!strcmp(key, "run")) {
    if (!is_plain_path(value) || strlen(value) > 90) return wrong(why, room, key, value, "an absolute folder of at most 90 bytes");
    request->run = value;
  } else if (!strcmp(key, "cwd")) {
    if (!is_plain_path(value)) return wrong(why, room, key, value, "an absolute folder");
    request->cwd = value;
  } else if (!strcmp(key, "shape")) {
    if (parse_shape(request, value)) return wrong(why, room, key, value, "worker, server, tool or zygote");
  } else if (!strcmp(key, "pooled")) {
    if (strcmp(value, "yes")) return wrong(why, room, key, value, "yes, or not to be there");
    request->pooled = 1;
  } else if (!strcmp(key, "seats")) {
    if (strcmp(value, "yes")) return wrong(why, room, key, value, "yes, or not to be there");
    request->seats = 1;
  } else if (!strcmp(key, "argv")) {
    if (request->argc == MOST_ARGUMENTS) return wrong(why, room, key, value, "at most 1024");
    request->argv[request->argc++] = value;
  } else if (!strcmp(key, "env")) {
    if (request->envc == MOST_VARIABLES || !strchr(value, '=') || *value == '=') return wrong(why, room, key, "…", "NAME=VALUE, at most 4096");
    request->env[request->envc++] = value;
  } else if (!strcmp(key, "mount")) {
    if (parse_mount(request, value)) return wrong(why, room, key, value, "ro or rw, a target below /var/task, /opt or /build, a source");
  } else if (!strcmp(key, "egress")) {
    request->egress = value;
  } else if (!strcmp(key, "allow")) {
    request->allow = value;
  } else if (!strcmp(key, "zygote")) {
    if (!is_id(value)) return wrong(why, room, key, value, "1 to 40 of a-z, 0-9 and -");
    request->zygote = value;
  } else if (!strcmp(key, "hostname")) {
    if (!is_id(value)) return wrong(why, room, key, value, "1 to 40 of a-z, 0-9 and -");
    request->hostname = value;
  } else {
    return parse_number(request, key, value, why, room);
  }
  return 0;
}

static int parse_fields(struct request *request, const char *fields, size_t length, char *why, size_t room) {
  const char *end = fields + length;
  for (const char *field = fields + strlen(fields) + 1, *next; field < end; field = next) {
    next = field + strlen(field) + 1; /* before a value is taken apart */
    char *text = (char *)(uintptr_t)field, *equals = strchr(text, '=');
    if (!equals || equals == text) return wrong(why, room, "field", text, "key=value");
    *equals = 0;
    int failed = parse_field(request, text, equals + 1, why, room);
    *equals = '=';
    if (failed) return -1;
  }
  request->argv[request->argc] = request->env[request->envc] = NULL;
  return 0;
}

static void set_defaults(struct request *request) {
  memset(request, 0, offsetof(struct request, mounts));
  request->uid = request->gid = -1;
  request->cpu = 1000;
  request->pids = 256;
  request->files = 4096;
  request->inodes = 65536;
  request->port = 8080;
  request->cwd = "/";
  request->egress = "none";
  request->hostname = "mayfly";
}

static int check_program(const struct request *request, char *why, size_t room) {
  if (!request->argc) return wrong(why, room, "argv", NULL, "a program");
  return request->argv[0][0] == '/' ? 0 : wrong(why, room, "argv", request->argv[0], "an absolute path first");
}

/* A copy shuts itself in, and knows nothing of what only some may. */
static int check_copy(const struct request *request, char *why, size_t room) {
  if (request->shape != SHAPE_WORKER || request->argc) return wrong(why, room, "zygote", request->zygote, "a worker without a program of its own");
  for (int i = 0; i < request->mountc; i++)
    if (request->mounts[i].writable) return wrong(why, room, "mount", request->mounts[i].target, "ro, in a copy of a zygote");
  return request->fsize ? wrong(why, room, "fsize", "with a zygote", "none, in a copy of one") : 0;
}

int request_parse(struct request *request, const char *fields, size_t length, char *why, size_t room) {
  set_defaults(request);
  if (parse_fields(request, fields, length, why, room)) return -1;
  if (!request->id) return wrong(why, room, "id", NULL, "a name");
  if (!request->run) return wrong(why, room, "run", NULL, "a folder");
  if (request->pooled && request->shape >= SHAPE_TOOL) return wrong(why, room, "pooled", "yes", "a worker or a server");
  if (request->seats && (!request->zygote || request->pooled)) return wrong(why, room, "seats", "yes", "a copy of a zygote that is not pooled");
  if (request->zygote) return check_copy(request, why, room);
  return request->pooled && !request->argc ? 0 : check_program(request, why, room);
}

/* Where the root that all sandboxes share has a folder: what is mounted later can make none. */
static int is_place(const char *target) {
  static const char *const places[] = {"/var/task", "/opt/deps", "/opt/runtime", "/opt/mayfly"};
  for (size_t i = 0; i < sizeof places / sizeof *places; i++)
    if (!strcmp(target, places[i])) return 1;
  return 0;
}

int request_parse_specialise(struct request *request, const char *fields, size_t length, char *why, size_t room) {
  set_defaults(request);
  if (parse_fields(request, fields, length, why, room)) return -1;
  for (int i = 0; i < request->mountc; i++)
    if (request->mounts[i].writable || !is_place(request->mounts[i].target))
      return wrong(why, room, "mount", request->mounts[i].target, "ro, at /var/task, /opt/deps, /opt/runtime or /opt/mayfly");
  return 0;
}

int request_parse_start(struct request *request, const char *fields, size_t length, char *why, size_t room) {
  request->argc = request->envc = request->pooled = 0;
  return parse_fields(request, fields, length, why, room) || check_program(request, why, room) ? -1 : 0;
}
