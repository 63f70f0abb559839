#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "helpers.h"
#include "way.h"
#include "wire.h"

#define FIRST_NUMBER 256 /* 198.18.1.0; the first 256 addresses are the platform's */
#define LAST_NUMBER 65535

static struct {
    const struct helpers *helpers;
    int launcher, egress, home;
    int ready, number, last_error;
    int plain; /* no way out can be made here: namespaces with loopback only */
    uint8_t live[LAST_NUMBER + 1];
} maker;

static int next_number(void) {
    for (int tries = FIRST_NUMBER; tries <= LAST_NUMBER; tries++) {
        maker.number = maker.number < FIRST_NUMBER || maker.number >= LAST_NUMBER ? FIRST_NUMBER : maker.number + 1;
        /* .0 and .255 are left out: some programs take them for the addresses of a network. */
        int low = maker.number & 255;
        if (low != 0 && low != 255 && !maker.live[maker.number])
            return maker.number;
    }
    errno = EADDRNOTAVAIL;
    return -1;
}

static int hand_over(const struct rules *rules, uint32_t number, int *descriptors, int count) {
    struct wire_slot slot = {.number = number, .six = (uint32_t)rules->six};
    struct wire_ready ready = {.number = number, .egress = !maker.plain};
    memcpy(slot.address, rules->address, 4);
    memcpy(slot.address6, rules->address6, 16);
    inet_ntop(AF_INET, rules->address, ready.address, sizeof ready.address);
    int namespace = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    if (namespace < 0)
        return way_fails("/proc/self/ns/net");
    /* Egress first: it must know the slot before the launcher can name it. */
    int result = count == 0 || net_wire_send(maker.egress, &slot, sizeof slot, descriptors, count, 0) == 0 ? 0 : -1;
    if (result == 0)
        result = net_wire_send(maker.launcher, &ready, sizeof ready, &namespace, 1, 0);
    int error = errno;
    close(namespace);
    /* Nobody is there to make namespaces for. */
    if (result != 0 && (error == EPIPE || error == ECONNRESET))
        _exit(0);
    errno = error;
    return result == 0 ? 0 : way_fails("handing a namespace over");
}

static int make(void) {
    int number = next_number(), descriptors[WIRE_DESCRIPTORS], count = 0;
    if (number < 0)
        return way_fails("addresses");
    struct rules rules = {.ports = maker.helpers->ports, .six = maker.helpers->six,
                          .address = {198, 18, (uint8_t)(number >> 8), (uint8_t)number},
                          .address6 = {0xfd, 0x6d, 0x61, 0x79, 0x66, 0x6c, 0, 0, 0, 0, 0, 0, 0, 1, (uint8_t)(number >> 8), (uint8_t)number}};
    if (unshare(CLONE_NEWNET) != 0)
        return way_fails("network namespace");
    int result = way_links(&rules, maker.plain);
    if (result == 0)
        way_free_ports();
    if (result == 0 && !maker.plain) {
        count = way_open(&rules, descriptors);
        result = count < 0 ? -1 : 0;
    }
    if (result == 0)
        result = hand_over(&rules, (uint32_t)number, descriptors, count);
    int error = errno;
    for (int i = 0; i < count; i++)
        close(descriptors[i]);
    /* Back to the empty one, or the last namespace made would live as long as this process. */
    if (maker.home >= 0 && setns(maker.home, CLONE_NEWNET) != 0)
        _exit(1);
    if (result == 0) {
        maker.live[number] = 1;
        maker.ready++;
    }
    errno = error;
    return result;
}

static void hear(int wait) {
    struct pollfd sockets[2] = {{.fd = maker.launcher, .events = POLLIN}, {.fd = maker.egress, .events = POLLIN}};
    if (poll(sockets, 2, wait) < 0 && errno != EINTR)
        _exit(1);
    if (sockets[1].revents != 0)
        _exit(0);
    for (;;) {
        struct wire_pool_message message;
        ssize_t size = net_wire_receive(maker.launcher, &message, sizeof message, NULL, 0, MSG_DONTWAIT);
        if (size < 0 && errno == EAGAIN)
            return;
        if (size != sizeof message)
            _exit(0);
        if (message.kind == WIRE_TAKEN)
            maker.ready--;
        else if (message.kind == WIRE_RELEASED && message.number <= LAST_NUMBER)
            maker.live[message.number] = 0;
    }
}

static void announce(int error) {
    struct wire_ready ready = {.egress = !maker.plain, .error = error};
    snprintf(ready.why, sizeof ready.why, "%s", way_why());
    if (net_wire_send(maker.launcher, &ready, sizeof ready, NULL, 0, 0) != 0 || error != 0)
        _exit(1);
}

/* Finds out what the kernel can do, by doing it in a namespace that is thrown away. */
static void probe(void) {
    int descriptors[WIRE_DESCRIPTORS];
    struct rules rules = {.ports = maker.helpers->ports, .six = maker.helpers->six, .address = {198, 18, 0, 2},
                          .address6 = {0xfd, 0x6d, 0x61, 0x79, 0x66, 0x6c, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}};
    if (unshare(CLONE_NEWNET) != 0) {
        way_fails("network namespace");
        announce(errno);
    }
    int count = way_links(&rules, 0) == 0 ? way_open(&rules, descriptors) : -1;
    for (int i = 0; i < count; i++)
        close(descriptors[i]);
    maker.plain = count < 0;
    if (unshare(CLONE_NEWNET) != 0 || (maker.home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC)) < 0) {
        way_fails("network namespace");
        announce(errno);
    }
    announce(0);
}

void maker_run(const struct helpers *helpers, int launcher, int egress) {
    int keep[] = {launcher, egress};
    maker.helpers = helpers;
    maker.launcher = launcher;
    maker.egress = egress;
    helper_confine("mayfly-netmaker", keep, 2);
    helper_capabilities(1ULL << CAP_NET_ADMIN | 1ULL << CAP_NET_RAW | 1ULL << CAP_NET_BIND_SERVICE | 1ULL << CAP_SYS_ADMIN);
    probe();
    for (;;) {
        int wait = -1;
        if (maker.ready < maker.helpers->pool) {
            wait = make() == 0 ? 0 : 100;
            int error = wait == 0 ? 0 : errno;
            if (error != 0 && error != maker.last_error)
                fprintf(stderr, "net: no namespace: %s\n", way_why());
            maker.last_error = error;
        }
        if (maker.ready == maker.helpers->pool) {
            /* From now on a start is under way whenever one is made, and should not wait for it. */
            setpriority(PRIO_PROCESS, 0, 10);
            wait = -1;
        }
        hear(wait);
    }
}
