/* What launcher, maker and egress say to each other over SEQPACKET sockets. All three are one program, so the structs go as they are. */
#ifndef MAYFLY_NET_WIRE_H
#define MAYFLY_NET_WIRE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "policy.h"

#define WIRE_DESCRIPTORS 5

/* launcher → maker */
enum wire_pool { WIRE_TAKEN = 1, WIRE_RELEASED };
struct wire_pool_message {
    uint32_t kind, number;
};

/* maker → launcher; the first one has no number and no descriptor, and says what can be had */
struct wire_ready {
    uint32_t number, egress;
    int32_t error;
    char address[16];
    char why[200];
};

/* maker → egress, with the queue, and per family a listener and a raw socket */
struct wire_slot {
    uint32_t number, six;
    uint8_t address[4], address6[16];
};

/* launcher → egress; the policy only as far as its entries go */
enum wire_control { WIRE_POLICY = 1, WIRE_RELEASE };
struct wire_control_message {
    uint32_t kind, number;
    struct policy policy;
};

/* egress → launcher */
struct wire_refused {
    uint32_t number;
    char what[64], setting[128];
};

int net_wire_send(int socket, const void *message, size_t size, const int *descriptors, int count, int flags);

/* Bytes of the message, 0 at the end, -1 with errno. Descriptors that did not come are -1; all are O_CLOEXEC. A message that was cut, or
 * brought more descriptors than asked for, is EPROTO and leaves none open. */
ssize_t net_wire_receive(int socket, void *message, size_t size, int *descriptors, int count, int flags);

#endif
