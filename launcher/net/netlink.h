/* Builds netlink messages and reads the kernel's acknowledgements. */
#ifndef MAYFLY_NET_NETLINK_H
#define MAYFLY_NET_NETLINK_H

#include <stddef.h>
#include <stdint.h>

/* A batch of messages in one buffer; a message that would not fit sets `full` and is caught by netlink_ask. */
struct netlink {
    size_t length, message;
    uint32_t sequence;
    int full;
    _Alignas(8) uint8_t bytes[64 * 1024];
};

int netlink_open(int protocol);
void netlink_message(struct netlink *batch, uint16_t type, uint16_t flags, const void *header, size_t size);
void netlink_put(struct netlink *batch, uint16_t type, const void *data, size_t size);
void netlink_put_text(struct netlink *batch, uint16_t type, const char *text);
void netlink_put_u32(struct netlink *batch, uint16_t type, uint32_t value);   /* host order */
void netlink_put_be32(struct netlink *batch, uint16_t type, uint32_t value);  /* given in host order, sent big-endian */
void netlink_put_be16(struct netlink *batch, uint16_t type, uint16_t value);
size_t netlink_nest(struct netlink *batch, uint16_t type);
void netlink_end(struct netlink *batch, size_t nest);

/* Sends the batch and waits for `answers` acknowledgements, each of a message with NLM_F_ACK, or for the first error. 0, or -1 with errno. */
int netlink_ask(int descriptor, struct netlink *batch, int answers);

/* Counts the acknowledgements in an answer; `error` is the errno of the first that is an error, or 0. */
int netlink_read(const void *answer, size_t size, int *error);

#endif
