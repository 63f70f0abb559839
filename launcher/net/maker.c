#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "helpers.h"
#include "netlink.h"
#include "wire.h"

#define FIRST_NUMBER 256 /* 198.18.1.0; the first 256 addresses are the platform's */
#define LAST_NUMBER 65535
#define LOOPBACK_INDEX 1

static struct {
    const struct helpers *helpers;
    int launcher, egress, home;
    int ready, number, last_error;
    int plain; /* no way out can be made here: namespaces with loopback only */
    int compat;
    char why[200];
    uint8_t live[LAST_NUMBER + 1];
} maker;

static int why(const char *step) {
    int error = errno;
    snprintf(maker.why, sizeof maker.why, "%s: %s", step, strerror(error));
    errno = error;
    return -1;
}

static void add_address(struct netlink *batch, int family, const void *address, uint8_t bits, uint8_t size) {
    struct ifaddrmsg header = {.ifa_family = (uint8_t)family, .ifa_prefixlen = bits, .ifa_flags = family == AF_INET6 ? IFA_F_NODAD : 0,
                               .ifa_scope = RT_SCOPE_UNIVERSE, .ifa_index = LOOPBACK_INDEX};
    netlink_message(batch, RTM_NEWADDR, NLM_F_CREATE | NLM_F_ACK, &header, sizeof header);
    netlink_put(batch, IFA_LOCAL, address, size);
    netlink_put(batch, IFA_ADDRESS, address, size);
}

/* Everything is local: packets for anywhere come back in through lo, where the rules take or refuse them. */
static void add_route(struct netlink *batch, int family, const void *source, uint8_t size) {
    struct rtmsg header = {.rtm_family = (uint8_t)family, .rtm_table = RT_TABLE_MAIN, .rtm_protocol = RTPROT_STATIC,
                           .rtm_scope = RT_SCOPE_HOST, .rtm_type = RTN_LOCAL};
    netlink_message(batch, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_ACK, &header, sizeof header);
    netlink_put_u32(batch, RTA_OIF, LOOPBACK_INDEX);
    netlink_put(batch, RTA_PREFSRC, source, size);
}

static int set_links(const struct rules *rules) {
    static struct netlink batch;
    batch.length = batch.message = 0;
    batch.full = 0;
    struct ifinfomsg up = {.ifi_index = LOOPBACK_INDEX, .ifi_flags = IFF_UP, .ifi_change = IFF_UP};
    int answers = 2;
    netlink_message(&batch, RTM_NEWLINK, NLM_F_ACK, &up, sizeof up);
    add_address(&batch, AF_INET, rules->address, 32, 4);
    if (!maker.plain) {
        add_route(&batch, AF_INET, rules->address, 4);
        answers++;
    }
    if (!maker.plain && rules->six) {
        add_address(&batch, AF_INET6, rules->address6, 128, 16);
        add_route(&batch, AF_INET6, rules->address6, 16);
        answers += 2;
    }
    int descriptor = netlink_open(NETLINK_ROUTE);
    int result = descriptor < 0 ? -1 : netlink_ask(descriptor, &batch, answers), error = errno;
    if (descriptor >= 0)
        close(descriptor);
    errno = error;
    return result == 0 ? 0 : why("loopback and its routes");
}

/* Programs may listen on any port: it is their own machine. Where /proc/sys is read-only they may not, which is no reason to fail. */
static void free_ports(void) {
    int descriptor = open("/proc/sys/net/ipv4/ip_unprivileged_port_start", O_WRONLY | O_CLOEXEC);
    if (descriptor >= 0) {
        if (write(descriptor, "0", 1) < 0 && maker.last_error == 0)
            fprintf(stderr, "net: ports below 1024 stay closed to sandboxes: %s\n", strerror(errno));
        close(descriptor);
    }
}

static void queue_message(struct netlink *batch, uint16_t type, const void *data, size_t size) {
    struct nfgenmsg header = {.nfgen_family = AF_UNSPEC, .version = NFNETLINK_V0};
    netlink_message(batch, NFNL_SUBSYS_QUEUE << 8 | NFQNL_MSG_CONFIG, NLM_F_ACK, &header, sizeof header);
    netlink_put(batch, type, data, size);
}

static int open_queue(void) {
    static struct netlink batch;
    batch.length = batch.message = 0;
    batch.full = 0;
    struct nfqnl_msg_config_cmd bind = {.command = NFQNL_CFG_CMD_BIND};
    /* Whole packets, for a datagram's payload is taken from here. */
    struct nfqnl_msg_config_params parameters = {.copy_range = htonl(0xffff), .copy_mode = NFQNL_COPY_PACKET};
    queue_message(&batch, NFQA_CFG_CMD, &bind, sizeof bind);
    queue_message(&batch, NFQA_CFG_PARAMS, &parameters, sizeof parameters);
    int descriptor = netlink_open(NETLINK_NETFILTER);
    if (descriptor < 0)
        return why("NFQUEUE");
    /* An overrun is a lost packet as on any network, not an error to read. */
    int one = 1, room = 4 << 20;
    setsockopt(descriptor, SOL_NETLINK, NETLINK_NO_ENOBUFS, &one, sizeof one);
    setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    if (netlink_ask(descriptor, &batch, 2) != 0 || fcntl(descriptor, F_SETFL, O_NONBLOCK) != 0) {
        why("NFQUEUE");
        close(descriptor);
        return -1;
    }
    return descriptor;
}

static int open_marked(int family, int type, int protocol) {
    int descriptor = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
    int mark = MARK_OWN;
    if (descriptor >= 0 && setsockopt(descriptor, SOL_SOCKET, SO_MARK, &mark, sizeof mark) != 0) {
        close(descriptor);
        return -1;
    }
    return descriptor;
}

static int open_listener(int six) {
    int descriptor = open_marked(six ? AF_INET6 : AF_INET, SOCK_STREAM, 0), one = 1;
    struct sockaddr_in four_address = {.sin_family = AF_INET, .sin_port = htons(TAKE_PORT)};
    struct sockaddr_in6 six_address = {.sin6_family = AF_INET6, .sin6_port = htons(TAKE_PORT)};
    inet_pton(AF_INET, TAKE_ADDRESS, &four_address.sin_addr);
    inet_pton(AF_INET6, TAKE_ADDRESS6, &six_address.sin6_addr);
    if (descriptor < 0 || setsockopt(descriptor, six ? SOL_IPV6 : SOL_IP, six ? IPV6_TRANSPARENT : IP_TRANSPARENT, &one, sizeof one) != 0 ||
        bind(descriptor, six ? (struct sockaddr *)&six_address : (struct sockaddr *)&four_address,
             six ? sizeof six_address : sizeof four_address) != 0 ||
        listen(descriptor, 1024) != 0) {
        why("transparent listener");
        if (descriptor >= 0)
            close(descriptor);
        return -1;
    }
    return descriptor;
}

static int set_rules(struct rules *rules) {
    rules->compat = maker.compat;
    if (rules_set(rules) == 0)
        return 0;
    if (errno != ENOENT || maker.compat)
        return why("nftables rules with queue, tproxy and reject");
    maker.compat = rules->compat = 1;
    return rules_set(rules) == 0 ? 0 : why("nftables rules with queue, tproxy and reject");
}

/* Opens queue, listeners and raw sockets into `descriptors`; their number, or -1. */
static int open_way_out(struct rules *rules, int *descriptors) {
    int count = 0;
    if (set_rules(rules) != 0)
        return -1;
    descriptors[count++] = open_queue();
    for (int six = 0; six <= rules->six && descriptors[count - 1] >= 0; six++) {
        descriptors[count++] = open_listener(six);
        if (descriptors[count - 1] < 0)
            break;
        descriptors[count++] = open_marked(six ? AF_INET6 : AF_INET, SOCK_RAW, IPPROTO_RAW);
        if (descriptors[count - 1] < 0)
            why("raw socket");
    }
    if (descriptors[count - 1] >= 0)
        return count;
    for (int i = 0; i < count - 1; i++)
        close(descriptors[i]);
    return -1;
}

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
        return why("/proc/self/ns/net");
    /* Egress first: it must know the slot before the launcher can name it. */
    int result = count == 0 || wire_send(maker.egress, &slot, sizeof slot, descriptors, count, 0) == 0 ? 0 : -1;
    if (result == 0)
        result = wire_send(maker.launcher, &ready, sizeof ready, &namespace, 1, 0);
    int error = errno;
    close(namespace);
    errno = error;
    return result;
}

static int make(void) {
    int number = next_number(), descriptors[WIRE_DESCRIPTORS], count = 0;
    if (number < 0)
        return why("addresses");
    struct rules rules = {.ports = maker.helpers->ports, .six = maker.helpers->six,
                          .address = {198, 18, (uint8_t)(number >> 8), (uint8_t)number},
                          .address6 = {0xfd, 0x6d, 0x61, 0x79, 0x66, 0x6c, 0, 0, 0, 0, 0, 0, 0, 1, (uint8_t)(number >> 8), (uint8_t)number}};
    if (unshare(CLONE_NEWNET) != 0)
        return why("network namespace");
    int result = set_links(&rules);
    if (result == 0)
        free_ports();
    if (result == 0 && !maker.plain) {
        count = open_way_out(&rules, descriptors);
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
        ssize_t size = wire_receive(maker.launcher, &message, sizeof message, NULL, 0, MSG_DONTWAIT);
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
    memcpy(ready.why, maker.why, sizeof ready.why);
    if (wire_send(maker.launcher, &ready, sizeof ready, NULL, 0, 0) != 0 || error != 0)
        _exit(1);
}

/* Finds out what the kernel can do, by doing it in a namespace that is thrown away. */
static void probe(void) {
    int descriptors[WIRE_DESCRIPTORS];
    struct rules rules = {.ports = maker.helpers->ports, .six = maker.helpers->six, .address = {198, 18, 0, 2},
                          .address6 = {0xfd, 0x6d, 0x61, 0x79, 0x66, 0x6c, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}};
    if (unshare(CLONE_NEWNET) != 0) {
        why("network namespace");
        announce(errno);
    }
    int count = set_links(&rules) == 0 ? open_way_out(&rules, descriptors) : -1;
    for (int i = 0; i < count; i++)
        close(descriptors[i]);
    maker.plain = count < 0;
    if (unshare(CLONE_NEWNET) != 0 || (maker.home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC)) < 0) {
        why("network namespace");
        announce(errno);
    }
    announce(0);
}

void maker_run(const struct helpers *helpers, int launcher, int egress) {
    int keep[] = {launcher, egress};
    maker.helpers = helpers;
    maker.launcher = launcher;
    maker.egress = egress;
    confine(keep, 2);
    confine_capabilities(1ULL << CAP_NET_ADMIN | 1ULL << CAP_NET_RAW | 1ULL << CAP_NET_BIND_SERVICE | 1ULL << CAP_SYS_ADMIN);
    probe();
    for (;;) {
        int wait = -1;
        if (maker.ready < maker.helpers->pool) {
            wait = make() == 0 ? 0 : 100;
            int error = wait == 0 ? 0 : errno;
            if (error != 0 && error != maker.last_error)
                fprintf(stderr, "net: no namespace: %s\n", maker.why);
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
