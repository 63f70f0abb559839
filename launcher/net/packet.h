/* Reads what the kernel's queue hands over, and writes datagrams. Pure functions over bytes; a sandbox chooses most of them. */
#ifndef MAYFLY_NET_PACKET_H
#define MAYFLY_NET_PACKET_H

#include <stddef.h>
#include <stdint.h>

#include "policy.h"

enum protocol { PROTOCOL_OTHER, PROTOCOL_TCP, PROTOCOL_UDP };

struct key {
    struct address source, destination;
    uint16_t source_port, destination_port; /* host order */
};

struct packet {
    uint32_t id;
    enum protocol protocol; /* OTHER: nothing else is set */
    struct key key;
    const uint8_t *payload; /* of a datagram */
    size_t size;
};

/* Reads one netlink message of the queue. 0; -1 when it holds no packet. A packet that cannot be read has protocol OTHER. */
int packet_read(const void *message, size_t size, struct packet *packet);

#define DATAGRAM_HEADERS 48 /* IPv6 and UDP */

/* Writes IP and UDP headers of a datagram that goes back, from destination to source, before `payload`, which has DATAGRAM_HEADERS bytes of
 * room in front. Returns the first byte of the packet and its whole size, or NULL when it is too long for one. */
uint8_t *packet_answer(const struct key *key, uint8_t *payload, size_t size, size_t *whole);

/* Writes the ICMP message that says that nobody listens at a datagram's destination, into `room`. Returns its first byte. */
#define UNREACHABLE_BYTES 96
uint8_t *packet_unreachable(const struct key *key, uint8_t room[UNREACHABLE_BYTES], size_t *whole);

#endif
