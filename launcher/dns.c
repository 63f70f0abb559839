#include "dns.h"
#include "tunnel.h"
#include "watch.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HEAD = 12, LONGEST = 4096, PENDING = 256, TYPE_A = 1, REFUSED = 5 };


/* Reads the one question's name as text; the offset behind it, or -1. Compression does not occur in questions. */
static int read_name(const unsigned char *packet, size_t size, char *name) {
  size_t at = HEAD, used = 0;
  while (at < size && packet[at]) {
    size_t label = packet[at];
    if (label > 63 || at + 1 + label >= size || used + label + 1 > 255) return -1;
    if (used) name[used++] = '.';
    memcpy(name + used, packet + at + 1, label);
    used += label;
    at += 1 + label;
  }
  name[used] = 0;
  return at < size ? (int)at + 1 : -1;
}

static int ends_with(const char *name, const char *domain) {
  size_t name_size = strlen(name), size = strlen(domain);
  if (name_size < size || strcasecmp(name + name_size - size, domain)) return 0;
  return name_size == size || name[name_size - size - 1] == '.';
}

int dns_answer(unsigned char *packet, size_t size, size_t room, const char *domain) {
  char name[256];
  if (size < HEAD || packet[2] & 0x80 || packet[4] || packet[5] != 1) return -1;
  int end = read_name(packet, size, name);
  if (end < 0 || (size_t)end + 4 > size) return -1;
  if (!ends_with(name, domain)) return 0;
  int address = packet[end] == 0 && packet[end + 1] == TYPE_A && packet[end + 3] == 1;
  static const unsigned char loopback[] = {0xC0, HEAD, 0, TYPE_A, 0, 1, 0, 0, 0, 5, 0, 4, 127, 0, 0, 1};
  size_t whole = (size_t)end + 4 + (address ? sizeof loopback : 0);
  if (whole > room) return -1;
  packet[2] = (unsigned char)(0x84 | (packet[2] & 1)); /* an authoritative answer; asked recursively as before */
  packet[3] = 0x80;
  packet[6] = 0;
  packet[7] = (unsigned char)address;
  memset(packet + 8, 0, 4); /* no authority, nothing additional: an EDNS record of the question is left out */
  if (address) memcpy(packet + end + 4, loopback, sizeof loopback);
  return (int)whole;
}

/* --- questions on their way to the resolver, by the number that they have there */

static struct {
  int loop;
  struct watch questions, answers, connections;
  struct sockaddr_in resolver;
  const char *domain;
  struct {
    struct sockaddr_in from;
    unsigned char id[2], sent[2], question[512]; /* id: the program's; sent: what it has outside, which nobody can guess */
    size_t size; /* of the question; 0: nothing waits here */
  } pending[PENDING];
  unsigned next;
} dns;

static void reply(unsigned slot, unsigned char *packet, size_t size) {
  memcpy(packet, dns.pending[slot].id, 2);
  dns.pending[slot].size = 0;
  sendto(dns.questions.fd, packet, size, MSG_DONTWAIT, (const struct sockaddr *)&dns.pending[slot].from, sizeof dns.pending[slot].from);
}

/* With its question, by which resolvers know an answer as theirs. */
static void make_refusal(unsigned char *question) {
  question[2] |= 0x80;
  question[3] = REFUSED;
}

static void refuse(unsigned slot) {
  make_refusal(dns.pending[slot].question);
  reply(slot, dns.pending[slot].question, dns.pending[slot].size);
}

static void forward(unsigned char *packet, size_t size, const struct sockaddr_in *from) {
  unsigned slot = dns.next++ % PENDING;
  if (size > sizeof dns.pending[slot].question) return;
  memcpy(dns.pending[slot].id, packet, 2);
  memcpy(dns.pending[slot].question, packet, size);
  dns.pending[slot].size = size;
  dns.pending[slot].from = *from;
  if (getrandom(dns.pending[slot].sent, 2, GRND_NONBLOCK) != 2) return refuse(slot);
  memcpy(packet, dns.pending[slot].sent, 2);
  /* The kernel tells of an earlier refusal on the next send: then the second try is the one that counts. */
  for (int tries = 0; tries < 2; tries++)
    if (send(dns.answers.fd, packet, size, MSG_DONTWAIT) >= 0) return;
  refuse(slot);
}

static void questions_ready(struct watch *watch, unsigned events) {
  (void)events;
  unsigned char packet[LONGEST];
  struct sockaddr_in from;
  socklen_t length = sizeof from;
  ssize_t size = recvfrom(watch->fd, packet, sizeof packet, MSG_DONTWAIT, (struct sockaddr *)&from, &length);
  if (size < 0) return;
  int answer = dns_answer(packet, (size_t)size, sizeof packet, dns.domain);
  if (answer == 0 && dns.answers.fd >= 0) return forward(packet, (size_t)size, &from);
  if (answer == 0) { /* there is no network to ask */
    make_refusal(packet);
    answer = (int)size;
  }
  if (answer > 0) sendto(watch->fd, packet, (size_t)answer, MSG_DONTWAIT, (struct sockaddr *)&from, length);
}

static void answers_ready(struct watch *watch, unsigned events) {
  (void)events;
  unsigned char packet[LONGEST];
  ssize_t size = recv(watch->fd, packet, sizeof packet, MSG_DONTWAIT);
  if (size < 0 && errno == ECONNREFUSED) /* nobody may be asked: all that wait are told so */
    for (unsigned slot = 0; slot < PENDING; slot++)
      if (dns.pending[slot].size) refuse(slot);
  if (size < HEAD) return;
  for (unsigned slot = 0; slot < PENDING; slot++)
    if (dns.pending[slot].size && !memcmp(dns.pending[slot].sent, packet, 2)) return reply(slot, packet, (size_t)size);
}

/* Long answers come over TCP: those connections go through as they are. */
static void connections_ready(struct watch *watch, unsigned events) {
  (void)events;
  int from = accept4(watch->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (from >= 0) tunnel_open(dns.loop, from, (struct sockaddr *)&dns.resolver, NULL);
}

void dns_watch(int loop, const struct doors *doors, const char *domain) {
  dns.loop = loop;
  dns.domain = domain;
  dns.resolver = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(53), .sin_addr.s_addr = inet_addr("198.18.0.1")};
  dns.answers = (struct watch){.fd = -1, .ready = answers_ready};
  if (doors->names >= 0) {
    dns.questions = (struct watch){.fd = doors->names, .ready = questions_ready};
    watch_add(loop, &dns.questions, EPOLLIN);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && !connect(fd, (struct sockaddr *)&dns.resolver, sizeof dns.resolver)) {
      dns.answers.fd = fd;
      watch_add(loop, &dns.answers, EPOLLIN);
    } else if (fd >= 0) {
      close(fd);
    }
  }
  if (doors->names_tcp >= 0) {
    dns.connections = (struct watch){.fd = doors->names_tcp, .ready = connections_ready};
    watch_add(loop, &dns.connections, EPOLLIN);
  }
}
