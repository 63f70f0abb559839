/*
 * Starts one thing at a time and says how long it took until that thing's first byte arrived: the clock of starts.py.
 *
 *     driver LAUNCHER_FOLDER RUN_FOLDER PROGRAM_FOLDER [FIELD…]
 *
 * Each line on standard input is a pause in microseconds and what to start after it: `sandbox NAME` (PROGRAM_FOLDER/NAME in a sandbox of the
 * launcher, with FIELDs in its frame), `stay NAME` (the same, left running until `clear`), or `spawn ARGV…` (a plain command). Each is
 * answered by one line: microseconds to the first byte, from then to its end, CPU microseconds of it (-1: unknown), and the launcher's steps
 * or the host's pid. A failure ends the driver with the reason on standard error.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;
enum { ROOM = 65536, MOST_STAYING = 256, MOST_WORDS = 100 };

static const char *launcher, *runs, *program;
static char **fields;
static int field_count, staying[MOST_STAYING], staying_count;

static void give_up(const char *what) __attribute__((noreturn));
static void give_up(const char *what) {
  fprintf(stderr, "driver: %s: %s\n", what, strerror(errno));
  exit(1);
}

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static int unix_socket(struct sockaddr_un *address, const char *folder, const char *name) {
  memset(address, 0, sizeof *address);
  address->sun_family = AF_UNIX;
  if (snprintf(address->sun_path, sizeof address->sun_path, "%s/%s", folder, name) >= (int)sizeof address->sun_path) errno = ENAMETOOLONG, give_up(folder);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) give_up("socket");
  return fd;
}

/* --- the launcher's frames */

struct frame {
  size_t size;
  char bytes[ROOM];
};

static void add(struct frame *frame, const char *key, const char *value) {
  int left = (int)(sizeof frame->bytes - frame->size);
  int length = snprintf(frame->bytes + frame->size, (size_t)left, "%s%s", key, value);
  if (length >= left) errno = EMSGSIZE, give_up("frame");
  frame->size += (size_t)length + 1;
}

static void finish(struct frame *frame) {
  uint32_t length = htonl((uint32_t)(frame->size - 4));
  memcpy(frame->bytes, &length, 4);
}

static void receive(int fd, struct frame *frame) {
  uint32_t length;
  if (recv(fd, &length, 4, MSG_WAITALL) != 4) give_up("the launcher closed the connection");
  frame->size = ntohl(length);
  if (!frame->size || frame->size > sizeof frame->bytes || recv(fd, frame->bytes, frame->size, MSG_WAITALL) != (ssize_t)frame->size) give_up("frame");
  if (!strcmp(frame->bytes, "failed")) {
    for (size_t at = 0; at < frame->size; at += strlen(frame->bytes + at) + 1) fprintf(stderr, "%s ", frame->bytes + at);
    errno = ECANCELED;
    give_up("spawn");
  }
}

static const char *value(const struct frame *frame, const char *key) {
  size_t size = strlen(key);
  for (size_t at = 0; at < frame->size; at += strlen(frame->bytes + at) + 1)
    if (!strncmp(frame->bytes + at, key, size) && frame->bytes[at + size] == '=') return frame->bytes + at + size + 1;
  return "";
}

static void first_byte(int fd) {
  char byte;
  if (read(fd, &byte, 1) != 1) give_up("it said nothing");
}

/* What the init has told of the program, its last words among it, for the eye. */
static void last_words(int channel) {
  char bytes[4096];
  ssize_t got;
  while ((got = recv(channel, bytes, sizeof bytes, 0)) > 0)
    for (ssize_t i = 0; i < got; i++) fputc(bytes[i] >= ' ' && bytes[i] < 127 ? bytes[i] : ' ', stderr);
  fputc('\n', stderr);
}

/* Everything that a server would have made beforehand is made before the clock starts: the run folder and its listening socket. */
static void start_sandbox(const char *word, const char *name, unsigned pause) {
  static unsigned count;
  static struct frame frame;
  char run[200], id[40], socket_path[240], path[300];
  struct sockaddr_un address;
  int stays = !strcmp(word, "stay");
  snprintf(id, sizeof id, "bench-%u", ++count);
  snprintf(run, sizeof run, "%s/%u", runs, count);
  if (mkdir(run, 0700)) give_up(run);
  int listener = unix_socket(&address, run, "control.sock");
  if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 4)) give_up("control.sock");
  frame.size = 4;
  add(&frame, "", "spawn");
  add(&frame, "id=", id);
  add(&frame, "run=", run);
  add(&frame, "shape=", "worker");
  add(&frame, "mount=ro /var/task ", program);
  snprintf(path, sizeof path, "/var/task/%s", name);
  add(&frame, "argv=", path);
  add(&frame, "argv=", "4");
  if (stays) add(&frame, "argv=", "stay");
  for (int i = 0; i < field_count; i++) add(&frame, "", fields[i]);
  finish(&frame);
  int connection = unix_socket(&address, launcher, "launcher.sock");
  usleep(pause);

  int64_t begun = now();
  if (connect(connection, (struct sockaddr *)&address, sizeof address)) give_up("launcher.sock");
  if (send(connection, frame.bytes, frame.size, MSG_NOSIGNAL) != (ssize_t)frame.size) give_up("spawn");
  /* A failure comes on the connection; a success as two calls: the first is the init's, the second the program's. */
  struct pollfd news[] = {{.fd = listener, .events = POLLIN}, {.fd = connection, .events = POLLIN}};
  int channels[2], got = 0;
  while (got < 2) {
    if (poll(news, 2, 10000) <= 0) errno = ETIMEDOUT, give_up("spawn");
    if (news[0].revents) channels[got++] = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    else receive(connection, &frame); /* only `failed` comes before both calls */
  }
  char byte;
  if (read(channels[1], &byte, 1) != 1) last_words(channels[0]), receive(connection, &frame), give_up("the program said nothing");
  int64_t ready = now();

  receive(connection, &frame);
  if (strcmp(frame.bytes, "started")) errno = EPROTO, give_up(frame.bytes);
  char steps[400], pid[20];
  snprintf(steps, sizeof steps, "%s", value(&frame, "steps"));
  snprintf(pid, sizeof pid, "%s", value(&frame, "pid"));
  if (stays) {
    if (staying_count == MOST_STAYING) errno = ENOSPC, give_up("stay");
    staying[staying_count++] = connection;
    printf("%.1f 0 -1 %s %s\n", (double)(ready - begun) / 1000, pid, value(&frame, "counter"));
  } else {
    do receive(connection, &frame);
    while (strcmp(frame.bytes, "ended"));
    printf("%.1f %.1f %s %s\n", (double)(ready - begun) / 1000, (double)(now() - ready) / 1000, value(&frame, "cpu"), steps);
    close(connection);
    close(channels[0]);
    close(channels[1]);
  }
  close(listener);
  snprintf(socket_path, sizeof socket_path, "%s/control.sock", run);
  unlink(socket_path);
  snprintf(socket_path, sizeof socket_path, "%s/http.sock", run);
  unlink(socket_path);
  if (!stays) rmdir(run);
}

static void start_command(char **words, unsigned pause) {
  int output[2], status;
  struct rusage used;
  if (pipe2(output, O_CLOEXEC)) give_up("pipe");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, output[1], 1);
  usleep(pause);

  int64_t begun = now();
  pid_t pid;
  if ((errno = posix_spawn(&pid, words[0], &actions, NULL, words, environ))) give_up(words[0]);
  close(output[1]);
  first_byte(output[0]);
  int64_t ready = now();

  if (wait4(pid, &status, 0, &used) != pid) give_up("wait");
  int64_t ended = now();
  if (status) errno = ECHILD, give_up(words[0]);
  close(output[0]);
  posix_spawn_file_actions_destroy(&actions);
  long cpu = (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000 + used.ru_utime.tv_usec + used.ru_stime.tv_usec;
  printf("%.1f %.1f %ld \n", (double)(ready - begun) / 1000, (double)(ended - ready) / 1000, cpu);
}

int main(int argc, char **argv) {
  if (argc < 4) {
    fprintf(stderr, "driver LAUNCHER_FOLDER RUN_FOLDER PROGRAM_FOLDER [FIELD…]\n");
    return 2;
  }
  launcher = argv[1], runs = argv[2], program = argv[3];
  fields = argv + 4, field_count = argc - 4;
  static char line[ROOM];
  while (fgets(line, sizeof line, stdin)) {
    char *words[MOST_WORDS + 1] = {0};
    int count = 0;
    for (char *word = strtok(line, " \n"); word && count < MOST_WORDS; word = strtok(NULL, " \n")) words[count++] = word;
    if (count < 2) continue;
    unsigned pause = (unsigned)atoi(words[0]);
    if (!strcmp(words[1], "spawn")) start_command(words + 2, pause);
    else if (!strcmp(words[1], "clear")) {
      for (; staying_count; staying_count--) close(staying[staying_count - 1]);
      printf("cleared\n");
    } else start_sandbox(words[1], count > 2 ? words[2] : "program", pause);
    fflush(stdout);
  }
  return 0;
}
