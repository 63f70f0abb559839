/*
 * load KEY=VALUE...: requests over HTTP/1.1 from one thread, and one line of JSON about them.
 *
 *   tcp=PORT | unix=PATH   where to, on this machine        tls=1          by TLS, each handshake a full one
 *   host= path= header=    what is asked                    connections=N  at a time
 *   rate=N                 an open loop: so many a second, at random moments (Poisson, from seed=N); without it a closed one
 *   seconds=N, requests=N  when to end, whichever is first  fresh=1        a connection for each request
 *   upload=BYTES           POST so much                     websocket=BYTES  echo of messages so long, at most 125
 *   hold=1                 one request on each connection, then the word "held", and they stay open until the standard input ends
 *
 * In an open loop the time of a request counts from the moment when it was to be sent, whether or not a connection was free for it: what a slow
 * answer keeps others waiting for is in their times (no coordinated omission). Failed requests are counted and in no time.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "load.h"

enum { MOST_FAILED = 100, EVENTS = 256, AT_ONCE = 64 };

struct plan plan = {.host = "localhost", .path = "/", .connections = 1, .seconds = 3600, .seed = 1};

static int loop, timer, idle_count, under_way;
static int64_t idle_since; /* when there was none before */
static struct connection *connections, **idle;
static long begun, answered, failures, capacity, measured;
static double *took, *late; /* microseconds; late: from when a request could have been sent until it was */
static char first_failure[512];
static int measuring;

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void give_up(const char *what) __attribute__((noreturn));
static void give_up(const char *what) {
  fprintf(stderr, "load: %s\n", what);
  exit(1);
}

static void record(struct connection *c, int64_t end) {
  answered++;
  if (!measuring) return;
  if (measured == capacity) {
    capacity = capacity ? 2 * capacity : 65536;
    took = realloc(took, (size_t)capacity * sizeof *took);
    if (!took) give_up("no memory");
  }
  took[measured++] = (double)(end - c->due) / 1000;
}

static void watch(struct connection *c) {
  if (c->fd < 0 || c->waits_for == c->watched) return;
  struct epoll_event event = {.events = c->waits_for, .data.ptr = c};
  if (epoll_ctl(loop, c->watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, c->fd, &event)) give_up(strerror(errno));
  c->watched = c->waits_for;
}

static void rest(struct connection *c) {
  under_way--;
  if (!idle_count) idle_since = now();
  idle[idle_count++] = c;
}

static void advance(struct connection *c) {
  int result = go_on(c);
  if (result == 0) {
    watch(c);
    return;
  }
  if (result < 0) {
    if (!failures++) snprintf(first_failure, sizeof first_failure, "%s", reason());
    if (failures > MOST_FAILED) give_up(first_failure);
  } else {
    record(c, now());
  }
  if (result < 0 || plan.fresh) close_connection(c);
  else watch(c);
  rest(c);
}

/* Begins a request that was due then. */
static void begin_on(struct connection *c, int64_t due) {
  under_way++;
  begun++;
  c->due = due;
  if (c->state == CLOSED && open_connection(c)) give_up(reason());
  advance(c);
}

/* On the one that rested for the shortest time. */
static void begin(int64_t due) { begin_on(idle[--idle_count], due); }

static void hear(struct epoll_event *event) {
  struct connection *c = event->data.ptr;
  if (!c) return; /* the timer */
  if (c->state != IDLE) advance(c);
  else if (!still_open(c)) close_connection(c);
}

/* Waits until something happens or that moment has come; 0: only until something happens. */
static void wait_until(int64_t moment) {
  struct epoll_event events[EVENTS];
  struct itimerspec when = {.it_value = {.tv_sec = moment / 1000000000, .tv_nsec = moment % 1000000000}};
  timerfd_settime(timer, TFD_TIMER_ABSTIME, &when, NULL);
  int ready = epoll_wait(loop, events, EVENTS, 60000);
  if (ready == 0) give_up("nothing happened in a minute");
  for (int i = 0; i < ready; i++) hear(&events[i]);
}

static double gap(void) { return -log(1 - drand48()) * 1e9 / plan.rate; }

/* Returns the moment of the last answer. */
static int64_t open_loop(int64_t start) {
  double due = (double)start + gap(), end = (double)start + plan.seconds * 1e9;
  late = calloc((size_t)(plan.rate * plan.seconds * 2 + 1000), sizeof *late);
  long first = begun;
  while (due < end || under_way) {
    while (idle_count && due < end && due <= (double)now()) {
      late[begun - first] = ((double)now() - (due > (double)idle_since ? due : (double)idle_since)) / 1000;
      begin((int64_t)due);
      due += gap();
    }
    if (due < end || under_way) wait_until(idle_count && due < end ? (int64_t)due : 0);
  }
  return now();
}

static int64_t closed_loop(int64_t start) {
  int64_t end = start + (int64_t)(plan.seconds * 1e9);
  for (;;) {
    while (idle_count && (!plan.requests || begun < plan.requests) && now() < end) begin(now());
    if (!under_way) return now();
    wait_until(0);
  }
}

/* One request on each, which nobody counts the time of. */
static void open_all(void) {
  for (int left = plan.connections; left || under_way;) {
    while (left && under_way < AT_ONCE) begin_on(&connections[--left], now());
    if (under_way) wait_until(0);
  }
}

static int ascending(const void *one, const void *other) {
  double difference = *(const double *)one - *(const double *)other;
  return difference < 0 ? -1 : difference > 0;
}

static double quantile(double *sorted, long count, double q) {
  long index = (long)(q * (double)count);
  return count ? sorted[index < count ? index : count - 1] : 0;
}

/* Times in steps of two per cent: MICROSECONDS:COUNT. */
static void print_times(void) {
  const double step = log(1.02);
  for (long i = 0; i < measured;) {
    long bucket = lround(log(took[i]) / step), begin = i;
    while (i < measured && lround(log(took[i]) / step) <= bucket) i++;
    printf("%s%.4g:%ld", begin ? " " : "", exp((double)bucket * step), i - begin);
  }
}

static void report(int64_t start, int64_t end, long begun_late) {
  if (measured) qsort(took, (size_t)measured, sizeof *took, ascending);
  if (late) qsort(late, (size_t)begun_late, sizeof *late, ascending);
  for (char *c = first_failure; *c; c++)
    if (*c < ' ' || *c == '"' || *c == '\\' || *c > '~') *c = ' ';
  printf("{\"answered\":%ld,\"measured\":%ld,\"seconds\":%.6f,\"bytes\":%llu,\"failed\":%ld,\"why\":\"%s\",", answered, measured, (double)(end - start) / 1e9,
      (unsigned long long)bytes_received, failures, first_failure);
  printf("\"p50\":%.1f,\"p99\":%.1f,\"p99.9\":%.1f,", quantile(took, measured, 0.5), quantile(took, measured, 0.99), quantile(took, measured, 0.999));
  printf("\"late50\":%.1f,\"late99\":%.1f,\"micros\":\"", late ? quantile(late, begun_late, 0.5) : 0, late ? quantile(late, begun_late, 0.99) : 0);
  print_times();
  printf("\"}\n");
}

static void understand(const char *word) {
  const char *value = strchr(word, '=');
  size_t size = value ? (size_t)(value - word) : 0;
#define IS(name) (size == sizeof name - 1 && !strncmp(word, name, size))
  if (!value++) give_up("arguments are KEY=VALUE");
  if (IS("tcp")) plan.port = atoi(value);
  else if (IS("unix")) plan.unix_path = value;
  else if (IS("tls")) plan.tls = atoi(value);
  else if (IS("host")) plan.host = value;
  else if (IS("path")) plan.path = value;
  else if (IS("header")) plan.header = value;
  else if (IS("connections")) plan.connections = atoi(value);
  else if (IS("rate")) plan.rate = atof(value);
  else if (IS("seconds")) plan.seconds = atof(value);
  else if (IS("requests")) plan.requests = atol(value);
  else if (IS("fresh")) plan.fresh = atoi(value);
  else if (IS("upload")) plan.upload = strtoul(value, NULL, 10);
  else if (IS("websocket")) plan.websocket = strtoul(value, NULL, 10);
  else if (IS("hold")) plan.hold = atoi(value);
  else if (IS("seed")) plan.seed = atol(value);
  else give_up(word);
}

int main(int argc, char **argv) {
  for (int i = 1; i < argc; i++) understand(argv[i]);
  if (plan.connections < 1 || plan.websocket > 125 || (!plan.port && !plan.unix_path)) give_up("expected: tcp=PORT or unix=PATH, connections of 1 or more, messages of 125 bytes at most");
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  signal(SIGPIPE, SIG_IGN);
  srand48(plan.seed);
  prepare();
  loop = epoll_create1(EPOLL_CLOEXEC);
  timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
  epoll_ctl(loop, EPOLL_CTL_ADD, timer, &(struct epoll_event){.events = EPOLLIN});
  connections = calloc((size_t)plan.connections, sizeof *connections);
  idle = calloc((size_t)plan.connections, sizeof *idle);
  for (int i = 0; i < plan.connections; i++) connections[i].fd = -1;
  if (plan.hold || (plan.rate > 0 && !plan.fresh)) open_all();
  else
    while (idle_count < plan.connections) idle[idle_count] = &connections[idle_count], idle_count++;
  if (plan.hold) {
    printf("held\n");
    fflush(stdout);
    while (getchar() != EOF) {}
  }
  long before = begun;
  int64_t start = now(), end = start;
  measuring = 1;
  if (!plan.hold) end = plan.rate > 0 ? open_loop(start) : closed_loop(start);
  report(start, end, begun - before);
  return 0;
}
