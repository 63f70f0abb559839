/* Measures for docs/decisions/0005-network-by-sockets.md; net_bench.py runs it. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "../net/netlink.h"
#include "../net/way.h"
#include "../net/wire.h"

#define MOST 20000
static double times[MOST];

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static void die(const char *what) {
    perror(what);
    exit(1);
}

static int ascending(const void *left, const void *right) {
    double difference = *(const double *)left - *(const double *)right;
    return difference < 0 ? -1 : difference > 0;
}

static void show(const char *name, int count) {
    qsort(times, (size_t)count, sizeof *times, ascending);
    printf("%-34s n=%-5d p50 %8.0f  p99 %8.0f us\n", name, count, times[count / 2], times[count * 99 / 100]);
    fflush(stdout);
}

static void pause_micros(long micros) { nanosleep(&(struct timespec){.tv_sec = micros / 1000000, .tv_nsec = micros % 1000000 * 1000}, NULL); }

/* A pair of links, one end in a new namespace, both up: what a router's way would cost for each slot. */
static void veth_add(int route, int index, int namespace) {
    static struct netlink batch;
    char name[16];
    struct ifinfomsg header = {0};
    batch.length = batch.message = 0;
    snprintf(name, sizeof name, "mfb%d", index);
    netlink_message(&batch, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, &header, sizeof header);
    netlink_put_text(&batch, IFLA_IFNAME, name);
    size_t info = netlink_nest(&batch, IFLA_LINKINFO);
    netlink_put_text(&batch, IFLA_INFO_KIND, "veth");
    size_t data = netlink_nest(&batch, IFLA_INFO_DATA), peer = netlink_nest(&batch, VETH_INFO_PEER);
    memset(batch.bytes + batch.length, 0, sizeof header);
    batch.length += sizeof header;
    netlink_put_text(&batch, IFLA_IFNAME, "eth0");
    netlink_put(&batch, IFLA_NET_NS_FD, &namespace, sizeof namespace);
    netlink_end(&batch, peer);
    netlink_end(&batch, data);
    netlink_end(&batch, info);
    if (netlink_ask(route, &batch, 1) != 0)
        die("veth");
}

static void link_up(int route, int index) {
    static struct netlink batch;
    struct ifinfomsg header = {.ifi_index = index, .ifi_flags = IFF_UP, .ifi_change = IFF_UP};
    batch.length = batch.message = 0;
    netlink_message(&batch, RTM_NEWLINK, NLM_F_ACK, &header, sizeof header);
    if (netlink_ask(route, &batch, 1) != 0)
        die("up");
}

static void link_delete(int route, const char *name) {
    static struct netlink batch;
    struct ifinfomsg header = {0};
    batch.length = batch.message = 0;
    netlink_message(&batch, RTM_DELLINK, NLM_F_ACK, &header, sizeof header);
    netlink_put_text(&batch, IFLA_IFNAME, name);
    if (netlink_ask(route, &batch, 1) != 0)
        die("delete");
}

static int namespace_here(void) {
    int descriptor = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    return descriptor < 0 ? (die("ns"), -1) : descriptor;
}

static void slots(int count, long gap, const char *kind) {
    char name[64];
    int home = namespace_here(), route = netlink_open(NETLINK_ROUTE);
    static double ends[MOST];
    for (int i = 0; i < count; i++) {
        int descriptors[WIRE_DESCRIPTORS], held = 0;
        struct rules rules = {.address = {198, 18, 1, 1}, .address6 = {0xfd, 1}, .six = 1};
        ports_parse(&rules.ports, "7070,7101-7999");
        double start = now();
        if (unshare(CLONE_NEWNET) != 0)
            die("unshare");
        if (strcmp(kind, "slot") == 0) {
            if (way_links(&rules, 0) != 0 || (held = way_open(&rules, descriptors)) < 0)
                die(way_why());
            way_free_ports();
        } else if (strcmp(kind, "lo") == 0) {
            way_links(&rules, 1);
        }
        int made = namespace_here();
        if (setns(home, CLONE_NEWNET) != 0)
            die("setns");
        if (strcmp(kind, "veth") == 0) {
            veth_add(route, i, made);
            snprintf(name, sizeof name, "mfb%d", i);
            link_up(route, (int)if_nametoindex(name));
            setns(made, CLONE_NEWNET);
            int inner = netlink_open(NETLINK_ROUTE);
            link_up(inner, 1);
            link_up(inner, (int)if_nametoindex("eth0"));
            close(inner);
            setns(home, CLONE_NEWNET);
        }
        times[i] = now() - start;
        pause_micros(gap);
        start = now();
        if (strcmp(kind, "veth") == 0)
            link_delete(route, name);
        for (int at = 0; at < held; at++)
            close(descriptors[at]);
        close(made);
        ends[i] = now() - start;
        pause_micros(gap);
    }
    snprintf(name, sizeof name, "make %s, gap %ld ms", kind, gap / 1000);
    show(name, count);
    memcpy(times, ends, sizeof ends);
    snprintf(name, sizeof name, "end  %s, gap %ld ms", kind, gap / 1000);
    show(name, count);
}

static int connect_to(const char *address, int port) {
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    int one = 1, descriptor = socket(*address == '/' ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (*address != '/') {
        inet_pton(AF_INET, address, &four.sin_addr);
        setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    } else {
        snprintf(local.sun_path, sizeof local.sun_path, "%s", address);
    }
    if (connect(descriptor, *address == '/' ? (struct sockaddr *)&local : (struct sockaddr *)&four, *address == '/' ? sizeof local : sizeof four) != 0)
        die("connect");
    return descriptor;
}

static void *serve_one(void *argument) {
    static __thread char buffer[1 << 18];
    int descriptor = (int)(long)argument, one = 1;
    ssize_t got;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    /* Small ones come back, large ones vanish. */
    while ((got = read(descriptor, buffer, sizeof buffer)) > 0)
        if (got <= 64 && write(descriptor, buffer, (size_t)got) < 0)
            break;
    close(descriptor);
    return NULL;
}

static void serve(int listener) {
    pthread_attr_t detached;
    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    for (;;) {
        pthread_t thread;
        int descriptor = accept(listener, NULL, NULL);
        if (descriptor < 0)
            exit(0);
        pthread_create(&thread, &detached, serve_one, (void *)(long)descriptor);
    }
}

static void calls(const char *address, int port, int count) {
    char byte = 'x';
    for (int i = -20; i < count; i++) {
        double start = now();
        int descriptor = connect_to(address, port);
        if (i >= 0)
            times[i] = now() - start;
        close(descriptor);
        pause_micros(2000);
    }
    show("  connect", count);
    int descriptor = connect_to(address, port);
    for (int i = -20; i < count; i++) {
        double start = now();
        if (write(descriptor, &byte, 1) != 1)
            die("write");
        /* A gateway's answer may begin with the line that named the caller. */
        do
            if (read(descriptor, &byte, 1) != 1)
                die("read");
        while (byte != 'x');
        if (i >= 0)
            times[i] = now() - start;
        pause_micros(500);
    }
    show("  round trip of a byte", count);
    close(descriptor);
}

static void stream(const char *address, int port, int megabytes) {
    static char buffer[1 << 18];
    int descriptor = connect_to(address, port);
    double start = now();
    for (int i = 0; i < megabytes * 4; i++)
        for (size_t at = 0; at < sizeof buffer;) {
            ssize_t sent = write(descriptor, buffer + at, sizeof buffer - at);
            if (sent <= 0)
                die("stream");
            at += (size_t)sent;
        }
    shutdown(descriptor, SHUT_WR);
    while (read(descriptor, buffer, sizeof buffer) > 0)
        ;
    printf("  %-32s %.0f MB/s\n", "throughput", megabytes * 1.048576 / ((now() - start) / 1e6));
}

int main(int count, char **arguments) {
    if (count == 5 && strcmp(arguments[1], "slots") == 0)
        slots(atoi(arguments[2]), atol(arguments[3]) * 1000, arguments[4]);
    else if (count == 3 && strcmp(arguments[1], "serve") == 0)
        serve(atoi(arguments[2]));
    else if (count == 5 && strcmp(arguments[1], "calls") == 0)
        calls(arguments[2], atoi(arguments[3]), atoi(arguments[4]));
    else if (count == 5 && strcmp(arguments[1], "stream") == 0)
        stream(arguments[2], atoi(arguments[3]), atoi(arguments[4]));
    else
        return 2;
    return 0;
}
