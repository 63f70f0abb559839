#include "way.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netlink.h"

#define LOOPBACK_INDEX 1

static char why_text[200];
static int compat; /* found out with the first rules */

const char *way_why(void) { return why_text; }

int way_fails(const char *step) {
    int error = errno;
    snprintf(why_text, sizeof why_text, "%s: %s", step, strerror(error));
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

int way_links(const struct rules *rules, int plain) {
    static struct netlink batch;
    batch.length = batch.message = 0;
    batch.full = 0;
    struct ifinfomsg up = {.ifi_index = LOOPBACK_INDEX, .ifi_flags = IFF_UP, .ifi_change = IFF_UP};
    int answers = 2;
    netlink_message(&batch, RTM_NEWLINK, NLM_F_ACK, &up, sizeof up);
    add_address(&batch, AF_INET, rules->address, 32, 4);
    if (!plain) {
        add_route(&batch, AF_INET, rules->address, 4);
        answers++;
    }
    if (!plain && rules->six) {
        add_address(&batch, AF_INET6, rules->address6, 128, 16);
        add_route(&batch, AF_INET6, rules->address6, 16);
        answers += 2;
    }
    int descriptor = netlink_open(NETLINK_ROUTE);
    int result = descriptor < 0 ? -1 : netlink_ask(descriptor, &batch, answers), error = errno;
    if (descriptor >= 0)
        close(descriptor);
    errno = error;
    return result == 0 ? 0 : way_fails("loopback and its routes");
}

/* Programs may listen on any port: it is their own machine. Where /proc/sys is read-only they may not, which is no reason to fail. */
void way_free_ports(void) {
    static int said;
    int descriptor = open("/proc/sys/net/ipv4/ip_unprivileged_port_start", O_WRONLY | O_CLOEXEC);
    if (descriptor >= 0) {
        if (write(descriptor, "0", 1) < 0 && !said++)
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
        return way_fails("NFQUEUE");
    /* An overrun is a lost packet as on any network, not an error to read. */
    int one = 1, room = 4 << 20;
    setsockopt(descriptor, SOL_NETLINK, NETLINK_NO_ENOBUFS, &one, sizeof one);
    setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    if (netlink_ask(descriptor, &batch, 2) != 0 || fcntl(descriptor, F_SETFL, O_NONBLOCK) != 0) {
        way_fails("NFQUEUE");
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
        way_fails("transparent listener");
        if (descriptor >= 0)
            close(descriptor);
        return -1;
    }
    return descriptor;
}

static int set_rules(struct rules *rules) {
    rules->compat = compat;
    if (rules_set(rules) == 0)
        return 0;
    if (errno != ENOENT || compat)
        return way_fails("nftables rules with queue, tproxy and reject");
    compat = rules->compat = 1;
    return rules_set(rules) == 0 ? 0 : way_fails("nftables rules with queue, tproxy and reject");
}

int way_open(struct rules *rules, int *descriptors) {
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
            way_fails("raw socket");
    }
    if (descriptors[count - 1] >= 0)
        return count;
    for (int i = 0; i < count - 1; i++)
        close(descriptors[i]);
    return -1;
}
