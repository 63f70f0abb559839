#include "wire.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int net_wire_send(int socket, const void *message, size_t size, const int *descriptors, int count, int flags) {
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int) * WIRE_DESCRIPTORS)];
    } control = {0};
    struct iovec part = {.iov_base = (void *)message, .iov_len = size};
    struct msghdr whole = {.msg_iov = &part, .msg_iovlen = 1};
    if (count > 0) {
        whole.msg_control = control.bytes;
        whole.msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)count);
        control.header.cmsg_level = SOL_SOCKET;
        control.header.cmsg_type = SCM_RIGHTS;
        control.header.cmsg_len = CMSG_LEN(sizeof(int) * (size_t)count);
        memcpy(CMSG_DATA(&control.header), descriptors, sizeof(int) * (size_t)count);
    }
    ssize_t sent;
    do
        sent = sendmsg(socket, &whole, flags | MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent == (ssize_t)size ? 0 : -1;
}

ssize_t net_wire_receive(int socket, void *message, size_t size, int *descriptors, int count, int flags) {
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int) * WIRE_DESCRIPTORS)];
    } control;
    struct iovec part = {.iov_base = message, .iov_len = size};
    struct msghdr whole = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    int got[WIRE_DESCRIPTORS], number = 0;
    ssize_t length;
    for (int i = 0; i < count; i++)
        descriptors[i] = -1;
    do
        length = recvmsg(socket, &whole, flags | MSG_CMSG_CLOEXEC);
    while (length < 0 && errno == EINTR);
    if (length < 0)
        return -1;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&whole); header != NULL; header = CMSG_NXTHDR(&whole, header))
        if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
            size_t bytes = header->cmsg_len - CMSG_LEN(0);
            for (size_t at = 0; at + sizeof(int) <= bytes && number < WIRE_DESCRIPTORS; at += sizeof(int))
                memcpy(&got[number++], CMSG_DATA(header) + at, sizeof(int));
        }
    if (number > count || (whole.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
        for (int i = 0; i < number; i++)
            close(got[i]);
        errno = EPROTO;
        return -1;
    }
    for (int i = 0; i < number; i++)
        descriptors[i] = got[i];
    return length;
}
