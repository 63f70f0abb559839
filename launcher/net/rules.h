/* The nftables rules of a sandbox's network namespace. */
#ifndef MAYFLY_NET_RULES_H
#define MAYFLY_NET_RULES_H

#include "net.h"

#include <stdint.h>

/* Marks a packet carries through the rules. A sandbox cannot set one: that takes CAP_NET_ADMIN over its namespace. */
enum mark { MARK_OWN = 0x6d1, MARK_TAKE = 0x6d2, MARK_REFUSE = 0x6d3 };

/* Where egress listens inside: an address that no program there expects, so that its port stays free for the sandbox. */
#define TAKE_ADDRESS "198.18.0.1"
#define TAKE_ADDRESS6 "fd6d:6179:666c::1"
#define TAKE_PORT NET_TAKE_PORT

#define PORT_RANGES 32

struct ports {
    int count;
    uint16_t first[PORT_RANGES], last[PORT_RANGES];
};

/* `7070,7101-7999`; 0 or -1. */
int ports_parse(struct ports *ports, const char *text);

int ports_have(const struct ports *ports, uint16_t port);

struct rules {
    struct ports ports;
    uint8_t address[4], address6[16];
    int six;
    int compat; /* 1: the kernel has no nft queue expression, the xtables target does its work */
};

/* Sets the rules in the current namespace. 0, or -1 with errno; ENOENT when the kernel lacks an expression. */
int rules_set(const struct rules *rules);

#endif
