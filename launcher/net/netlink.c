#include "netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netlink.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int netlink_open(int protocol) {
    int descriptor = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
    if (descriptor < 0)
        return -1;
    struct sockaddr_nl self = {.nl_family = AF_NETLINK};
    int one = 1;
    /* Errors come back without a copy of the request: a batch is larger than a comfortable answer buffer. */
    setsockopt(descriptor, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof one);
    if (bind(descriptor, (struct sockaddr *)&self, sizeof self) != 0) {
        int why = errno;
        close(descriptor);
        errno = why;
        return -1;
    }
    return descriptor;
}

static uint8_t *room(struct netlink *batch, size_t size) {
    size_t padded = NLMSG_ALIGN(size);
    if (batch->full || padded > sizeof batch->bytes - batch->length) {
        batch->full = 1;
        return NULL;
    }
    uint8_t *at = batch->bytes + batch->length;
    memset(at, 0, padded);
    batch->length += padded;
    return at;
}

static void grow_message(struct netlink *batch) {
    struct nlmsghdr *header = (struct nlmsghdr *)(batch->bytes + batch->message);
    header->nlmsg_len = (uint32_t)(batch->length - batch->message);
}

void netlink_message(struct netlink *batch, uint16_t type, uint16_t flags, const void *header, size_t size) {
    size_t start = batch->length;
    uint8_t *at = room(batch, NLMSG_HDRLEN + size);
    if (at == NULL)
        return;
    batch->message = start;
    struct nlmsghdr *message = (struct nlmsghdr *)at;
    message->nlmsg_type = type;
    message->nlmsg_flags = NLM_F_REQUEST | flags;
    message->nlmsg_seq = ++batch->sequence;
    if (size > 0)
        memcpy(at + NLMSG_HDRLEN, header, size);
    grow_message(batch);
}

void netlink_put(struct netlink *batch, uint16_t type, const void *data, size_t size) {
    uint8_t *at = room(batch, NLA_HDRLEN + size);
    if (at == NULL)
        return;
    struct nlattr *attribute = (struct nlattr *)at;
    attribute->nla_type = type;
    attribute->nla_len = (uint16_t)(NLA_HDRLEN + size);
    memcpy(at + NLA_HDRLEN, data, size);
    grow_message(batch);
}

void netlink_put_text(struct netlink *batch, uint16_t type, const char *text) {
    netlink_put(batch, type, text, strlen(text) + 1);
}

void netlink_put_u32(struct netlink *batch, uint16_t type, uint32_t value) {
    netlink_put(batch, type, &value, sizeof value);
}

void netlink_put_be32(struct netlink *batch, uint16_t type, uint32_t value) {
    netlink_put_u32(batch, type, htonl(value));
}

void netlink_put_be16(struct netlink *batch, uint16_t type, uint16_t value) {
    value = htons(value);
    netlink_put(batch, type, &value, sizeof value);
}

size_t netlink_nest(struct netlink *batch, uint16_t type) {
    size_t start = batch->length;
    netlink_put(batch, type | NLA_F_NESTED, "", 0);
    return start;
}

void netlink_end(struct netlink *batch, size_t nest) {
    if (batch->full)
        return;
    struct nlattr *attribute = (struct nlattr *)(batch->bytes + nest);
    attribute->nla_len = (uint16_t)(batch->length - nest);
}

int netlink_read(const void *answer, size_t size, int *error) {
    int answers = 0;
    *error = 0;
    /* Not with NLMSG_NEXT: it takes the padded length from the size, which wraps round when the last message is not padded. */
    for (size_t at = 0; size - at >= NLMSG_HDRLEN;) {
        struct nlmsghdr header;
        struct nlmsgerr result;
        memcpy(&header, (const uint8_t *)answer + at, sizeof header);
        if (header.nlmsg_len < NLMSG_HDRLEN || header.nlmsg_len > size - at)
            break;
        if (header.nlmsg_type == NLMSG_ERROR && header.nlmsg_len >= NLMSG_LENGTH(sizeof result)) {
            memcpy(&result, (const uint8_t *)answer + at + NLMSG_HDRLEN, sizeof result);
            if (result.error != 0 && *error == 0)
                *error = result.error < 0 && result.error > -4096 ? -result.error : EPROTO;
            answers++;
        }
        if (NLMSG_ALIGN(header.nlmsg_len) >= size - at)
            break;
        at += NLMSG_ALIGN(header.nlmsg_len);
    }
    return answers;
}

int netlink_ask(int descriptor, struct netlink *batch, int answers) {
    if (batch->full) {
        errno = EMSGSIZE;
        return -1;
    }
    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    if (sendto(descriptor, batch->bytes, batch->length, 0, (struct sockaddr *)&kernel, sizeof kernel) < 0)
        return -1;
    while (answers > 0) {
        _Alignas(8) uint8_t answer[8192];
        struct pollfd waiting = {.fd = descriptor, .events = POLLIN};
        /* The kernel answers within the send; the time is for what it loads meanwhile. */
        if (poll(&waiting, 1, 5000) != 1) {
            errno = ETIMEDOUT;
            return -1;
        }
        ssize_t size = recv(descriptor, answer, sizeof answer, 0);
        if (size < 0)
            return -1;
        int error;
        answers -= netlink_read(answer, (size_t)size, &error);
        if (error != 0) {
            errno = error;
            return -1;
        }
    }
    return 0;
}
