#include "egress.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define EVENTS 64
#define SLOTS 65536
#define DESCRIPTORS_FOR_ALL 20 /* one slot may use up a twentieth of them */

struct egress egress;

void net_list_init(struct list *list) { list->next = list->previous = list; }

int net_list_empty(const struct list *list) { return list->next == list; }

void net_list_add(struct list *list, struct list *item) {
    item->next = list;
    item->previous = list->previous;
    list->previous->next = item;
    list->previous = item;
}

void net_list_remove(struct list *item) {
    if (item->next == NULL)
        return;
    item->next->previous = item->previous;
    item->previous->next = item->next;
    item->next = item->previous = NULL;
}

int egress_watch(struct source *source, enum source_kind kind, int descriptor, void *owner, uint32_t events) {
    struct epoll_event event = {.events = events, .data.ptr = source};
    *source = (struct source){.kind = kind, .descriptor = descriptor, .owner = owner};
    return epoll_ctl(egress.epoll, EPOLL_CTL_ADD, descriptor, &event);
}

/* Closing takes a descriptor out of epoll: none of them is held twice. */
void egress_unwatch(struct source *source) {
    if (source->kind != SOURCE_DEAD && source->descriptor >= 0)
        close(source->descriptor);
    source->kind = SOURCE_DEAD;
    source->descriptor = -1;
}

static int64_t monotonic(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static void dispatch(struct source *source, uint32_t events) {
    switch (source->kind) {
    case SOURCE_DEAD: return;
    case SOURCE_CONTROL: egress_control_read(); return;
    case SOURCE_MAKER: egress_maker_read(); return;
    case SOURCE_ADDRESSES: hosts_changed(source->descriptor); return;
    case SOURCE_QUEUE: egress_queue_read(source->owner); return;
    case SOURCE_LISTENER: tcp_accept(source->owner, source); return;
    case SOURCE_INSIDE:
    case SOURCE_OUTSIDE: tcp_event(source->owner, source, events); return;
    case SOURCE_FLOW: udp_event(source->owner); return;
    }
}

static void earlier(int64_t *first, int64_t deadline) {
    if (deadline < *first)
        *first = deadline;
}

static int first_deadline(void) {
    int64_t first = INT64_MAX;
    if (!net_list_empty(&egress.ready))
        return 0;
    /* Within a list all wait equally long, so the first in it is the next due. */
    if (!net_list_empty(&egress.connecting))
        earlier(&first, OWNER(egress.connecting.next, struct connection, by_deadline)->deadline);
    if (!net_list_empty(&egress.redialling))
        earlier(&first, OWNER(egress.redialling.next, struct connection, by_deadline)->redial);
    if (!net_list_empty(&egress.accepting))
        earlier(&first, OWNER(egress.accepting.next, struct connection, by_deadline)->deadline);
    if (!net_list_empty(&egress.flows))
        earlier(&first, OWNER(egress.flows.next, struct flow, by_deadline)->deadline);
    if (!net_list_empty(&egress.queries))
        earlier(&first, OWNER(egress.queries.next, struct flow, by_deadline)->deadline);
    int64_t left = first - monotonic();
    return first == INT64_MAX ? -1 : left < 0 ? 0 : (int)left + 1;
}

static void bury(void) {
    while (!net_list_empty(&egress.dead_connections)) {
        struct connection *dead = OWNER(egress.dead_connections.next, struct connection, grave);
        net_list_remove(&dead->grave);
        free(dead);
    }
    while (!net_list_empty(&egress.dead_flows)) {
        struct flow *dead = OWNER(egress.dead_flows.next, struct flow, grave);
        net_list_remove(&dead->grave);
        free(dead);
    }
    while (!net_list_empty(&egress.dead_slots)) {
        struct slot *dead = OWNER(egress.dead_slots.next, struct slot, grave);
        net_list_remove(&dead->grave);
        free(dead->policy);
        free(dead);
    }
}

static void use_all_descriptors(void) {
    struct rlimit limit;
    egress.connections_a_slot = egress.flows_a_slot = 16;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    rlim_t share = limit.rlim_cur / DESCRIPTORS_FOR_ALL / 3; /* two for a connection, one for a flow of datagrams */
    egress.connections_a_slot = share < 16 ? 16 : share > CONNECTIONS_A_SLOT ? CONNECTIONS_A_SLOT : (int)share;
    egress.flows_a_slot = share < 16 ? 16 : share > FLOWS_A_SLOT ? FLOWS_A_SLOT : (int)share;
}

void egress_run(const struct helpers *helpers, int launcher, int maker) {
    static struct source control_source, maker_source, address_source;
    int keep[] = {launcher, maker, helpers->inside.keep, helpers->inside_tls.keep};
    struct list *lists[] = {&egress.connecting, &egress.redialling, &egress.accepting, &egress.flows, &egress.queries,
                            &egress.ready,     &egress.dead_connections, &egress.dead_flows, &egress.dead_slots};
    helper_confine("mayfly-egress", keep, 4);
    use_all_descriptors();
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        net_list_init(lists[i]);
    egress.helpers = helpers;
    egress.launcher = launcher;
    egress.maker = maker;
    egress.slots = calloc(SLOTS, sizeof *egress.slots);
    egress.epoll = epoll_create1(EPOLL_CLOEXEC);
    egress.reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int addresses = hosts_open();
    if (egress.slots == NULL || egress.epoll < 0 || addresses < 0 ||
        egress_watch(&control_source, SOURCE_CONTROL, launcher, NULL, EPOLLIN) != 0 ||
        egress_watch(&maker_source, SOURCE_MAKER, maker, NULL, EPOLLIN) != 0 ||
        egress_watch(&address_source, SOURCE_ADDRESSES, addresses, NULL, EPOLLIN) != 0) {
        fprintf(stderr, "net: egress: %s\n", strerror(errno));
        _exit(1);
    }
    /* The kernel's queue of a namespace answers only to whom administers that namespace. */
    helper_capabilities(1ULL << CAP_NET_ADMIN);
    helper_calls();
    for (;;) {
        struct epoll_event events[EVENTS];
        int count = epoll_wait(egress.epoll, events, EVENTS, first_deadline());
        if (count < 0 && errno != EINTR)
            _exit(1);
        egress.now = monotonic();
        for (int i = 0; i < count; i++)
            dispatch(events[i].data.ptr, events[i].events);
        relay_continue();
        tcp_expire();
        udp_expire();
        bury();
    }
}
