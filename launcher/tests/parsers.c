/*
 * Throws bytes at everything of the launcher that reads what others wrote, under sanitizers: parsers SECONDS SEED. Most of them are valid
 * messages with some bytes changed, so that the depths are reached. What is wrong ends it with a report; else it says how many it tried.
 */
#include "dns.h"
#include "net/packet.h"
#include "net/rules.h"
#include "relay.h"
#include "request.h"
#include "wire.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { LONGEST = 4096 };

static uint64_t state;

static uint32_t chance(uint32_t below) { /* splitmix64: the same bytes for the same seed on every machine */
  uint64_t z = (state += 0x9E3779B97F4A7C15ULL);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  return below ? (uint32_t)((z ^ (z >> 31)) % below) : 0;
}

static size_t mutate(unsigned char *bytes, size_t size, size_t room) {
  for (uint32_t times = chance(6); times; times--) {
    size_t at = chance((uint32_t)size + 1), length = chance(24);
    switch (chance(5)) {
      case 0:
        if (at < size) bytes[at] = (unsigned char)chance(256);
        break;
      case 1: /* cut out */
        if (at + length > size) length = size - at;
        memmove(bytes + at, bytes + at + length, size - at - length);
        size -= length;
        break;
      case 2: /* double */
        if (at + length > size || size + length > room) break;
        memmove(bytes + at + length, bytes + at, size - at);
        size += length;
        break;
      case 3: /* insert */
        if (size + length > room) break;
        memmove(bytes + at + length, bytes + at, size - at);
        for (size_t i = 0; i < length; i++) bytes[at + i] = (unsigned char)chance(256);
        size += length;
        break;
      default:
        size = at;
    }
  }
  return size;
}

/* In memory of exactly its size, so that one byte too far is seen. */
static unsigned char *exactly(const unsigned char *bytes, size_t size) {
  unsigned char *copy = malloc(size ? size : 1);
  if (!copy) abort();
  memcpy(copy, bytes, size);
  return copy;
}

static int climbs(const char *path) {
  size_t size = strlen(path);
  return strstr(path, "/../") || (size >= 3 && !strcmp(path + size - 3, "/.."));
}

static void try_request(const unsigned char *bytes, size_t size) {
  static struct request request;
  char why[400];
  unsigned char *fields = exactly(bytes, size + 1);
  fields[size] = 0; /* wire_read promises it */
  if (!request_parse(&request, (const char *)fields, size + 1, why, sizeof why)) {
    if (!request.argc || request.argv[request.argc] || request.env[request.envc] || request.mountc > MOST_MOUNTS || request.argv[0][0] != '/' || !*request.id || strlen(request.id) > 40) abort();
    for (int i = 0; i < request.mountc; i++)
      if (climbs(request.mounts[i].target) || (strncmp(request.mounts[i].target, "/opt/", 5) && strncmp(request.mounts[i].target, "/var/task", 9) && strncmp(request.mounts[i].target, "/build", 6))) abort();
  } else if (!memchr(why, 0, sizeof why) || !*why) {
    abort();
  }
  free(fields);
}

static void try_wire(const unsigned char *bytes, size_t size) {
  int ends[2];
  struct wire_reader reader = {0};
  const char *fields;
  size_t length;
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends)) abort();
  for (size_t at = 0; at < size;) {
    size_t piece = 1 + chance((uint32_t)(size - at));
    if (write(ends[0], bytes + at, piece) != (ssize_t)piece) abort();
    at += piece;
    enum wire_read got;
    while ((got = wire_read(&reader, ends[1], &fields, &length)) == WIRE_FRAME) {
      if (fields[length - 1]) abort();
      wire_next(&reader);
    }
    if (got == WIRE_BAD) break;
  }
  wire_free(&reader);
  close(ends[0]);
  close(ends[1]);
}

static void try_dns(const unsigned char *bytes, size_t size) {
  unsigned char *packet = malloc(size + 16);
  if (!packet) abort();
  memcpy(packet, bytes, size);
  int answer = dns_answer(packet, size, size + 16, "fly.example");
  if (answer > (int)size + 16) abort();
  free(packet);
}

static void try_head(const unsigned char *bytes, size_t size) {
  unsigned char *head = exactly(bytes, size);
  size_t left = size;
  relay_take_number((char *)head, &left);
  if (left > size) abort();
  free(head);
}

static void try_table(const unsigned char *bytes, size_t size) {
  unsigned char *table = exactly(bytes, size + 1);
  int preferred;
  table[size] = 0;
  int port = relay_choose_port((const char *)table, 8080, &preferred);
  (void)relay_ipv4_inside((const char *)table, port);
  free(table);
}

static void try_policy(const unsigned char *bytes, size_t size) {
  char *text = (char *)exactly(bytes, size + 1);
  struct ports ports;
  text[size] = 0;
  net_policy_valid(text, NULL);
  net_policy_valid("internet", text);
  if (!ports_parse(&ports, text))
    for (int i = 0; i < ports.count; i++)
      if (!ports.first[i] || ports.last[i] < ports.first[i]) abort();
  free(text);
}

static void try_packet(const unsigned char *bytes, size_t size) {
  unsigned char *message = exactly(bytes, size), payload[DATAGRAM_HEADERS + 64] = {0};
  struct packet packet = {0};
  size_t whole;
  if (!packet_read(message, size, &packet) && packet.protocol != PROTOCOL_OTHER) {
    uint32_t sum = 0;
    for (size_t i = 0; packet.protocol == PROTOCOL_UDP && i < packet.size; i++) sum += packet.payload[i]; /* all of it is there to read */
    if (sum == 1) state++;
    packet_answer(&packet.key, payload + DATAGRAM_HEADERS, 64, &whole);
  }
  free(message);
}

/* A message of the kernel's queue: its head, the packet's number, the packet. */
#define PACKET(payload, size) "\x54\0\0\0\0\3\0\0\1\0\0\0\0\0\0\0" "\2\0\0\1" "\x0b\0\1\0\0\0\0\7\x08\0\3\0" size "\0\x0a\0" payload
#define IPV4_UDP "\x45\0\0\x24\0\0\0\0\x40\x11\0\0\xc6\x12\1\6\x0a\0\0\1" "\x10\0\0\x35\0\x10\0\0" "question"
#define IPV6_TCP "\x60\0\0\0\0\x14\6\x40\xfd\x6d\x61\x79\x66\x6c\0\1\0\0\0\0\0\0\0\6\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1" "\x10\0\1\xbb\0\0\0\0\0\0\0\0\x50\2\0\0\0\0\0\0"

#define VALID(text) {text, sizeof text - 1}
static const struct input {
  void (*try)(const unsigned char *bytes, size_t size);
  struct {
    const char *bytes;
    size_t size;
  } valid;
} INPUTS[] = {
    {try_request, VALID("spawn\0id=a-1\0run=/run/x\0shape=server\0argv=/bin/sh\0argv=-c\0env=A=b\0cwd=/tmp\0mount=ro /var/task /usr\0mount=rw /opt/a/b /tmp\0uid=1000\0gid=1000\0memory=33554432\0tmp=4096\0cpu=1000\0pids=10\0files=64\0inodes=64\0fsize=4096\0egress=internet\0port=80\0hostname=h")},
    {try_wire, VALID("\0\0\0\x0Fspawn\0id=a\0a=b\0\0\0\0\5term\0\0\0\0\5kill\0")},
    {try_dns, VALID("\x12\x34\1\0\0\1\0\0\0\0\0\1\1a\3fly\7example\0\0\1\0\1\0\0\x29\4\xd0\0\0\0\0\0\0")},
    {try_head, VALID("POST /x HTTP/1.1\r\nHost: a\r\nx-mayfly-invocation: 00000000000000ff\r\ncontent-length: 3\r\n\r\nabc")},
    {try_policy, VALID("10.0.0.0/8,[fd00::1/128]:443,192.168.1.5/32,1.2.3.4/32:80,7070-7999")},
    {try_packet, VALID(PACKET(IPV4_UDP, "\x28"))},
    {try_packet, VALID(PACKET(IPV6_TCP, "\x48"))},
    {try_table, VALID("  sl  local_address rem_address   st\n   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 836646 1\n   1: 010012C6:0001 00000000:0000 0A 0 65534\n")},
};

int main(int argc, char **argv) {
  if (argc > 1 && !strcmp(argv[1], "canary")) { /* one byte too far, which must be found */
    unsigned char *byte = exactly((const unsigned char *)"x", 1);
    return ((volatile unsigned char *)byte)[1] == 7;
  }
  double seconds = argc > 1 ? atof(argv[1]) : 1;
  state = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
  unsigned long tried = 0;
  struct timespec begun, now;
  clock_gettime(CLOCK_MONOTONIC, &begun);
  do {
    for (int i = 0; i < 2000; i++, tried++) {
      const struct input *input = &INPUTS[chance(sizeof INPUTS / sizeof *INPUTS)];
      unsigned char bytes[LONGEST];
      size_t size;
      if (chance(8)) {
        size = input->valid.size;
        memcpy(bytes, input->valid.bytes, size);
        size = mutate(bytes, size, LONGEST);
      } else {
        size = chance(300);
        for (size_t at = 0; at < size; at++) bytes[at] = (unsigned char)chance(256);
      }
      input->try(bytes, size);
    }
    clock_gettime(CLOCK_MONOTONIC, &now);
  } while ((double)(now.tv_sec - begun.tv_sec) + (double)(now.tv_nsec - begun.tv_nsec) / 1e9 < seconds);
  printf("%lu\n", tried);
  return 0;
}
