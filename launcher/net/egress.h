/* The inside of the egress process: one epoll loop over the queues, listeners and connections of every sandbox. */
#ifndef MAYFLY_NET_EGRESS_H
#define MAYFLY_NET_EGRESS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>

#include "helpers.h"
#include "packet.h"
#include "policy.h"

#define CONNECTIONS_A_SLOT 1024 /* and more than that only makes sense with a larger backlog in maker.c */
#define OPENING_A_SLOT 256
#define FLOWS_A_SLOT 256
#define LARGE_A_SLOT 16 /* so many connections may have as much in flight as the kernel likes, up to LARGE_BUFFER */
#define LARGE_BUFFER (256 * 1024)
#define SMALL_BUFFER (16 * 1024)
#define BUCKETS 64
#define REFUSALS_A_MINUTE 10
#define REFUSALS_REMEMBERED 64

struct list {
    struct list *next, *previous;
};

#define OWNER(pointer, type, member) ((type *)((char *)(pointer)-offsetof(type, member)))

void net_list_init(struct list *list);
void net_list_add(struct list *list, struct list *item); /* at the end */
void net_list_remove(struct list *item);                 /* harmless when in none */
int net_list_empty(const struct list *list);

/* What an epoll event points to. A dead one is passed over until the end of its round, when its memory goes. */
enum source_kind { SOURCE_DEAD, SOURCE_CONTROL, SOURCE_MAKER, SOURCE_ADDRESSES, SOURCE_QUEUE, SOURCE_LISTENER, SOURCE_INSIDE,
                   SOURCE_OUTSIDE, SOURCE_FLOW };
struct source {
    enum source_kind kind;
    int descriptor;
    void *owner;
};

struct slot {
    uint32_t number;
    int has_policy;
    struct policy *policy;
    uint8_t address[4];
    struct source queue, listeners[2];
    int raw[2];
    struct list connections, flows; /* flows: least recently used first */
    int connection_count, opening_count, flow_count;
    struct connection *opening[BUCKETS];
    struct flow *by_key[BUCKETS];
    struct list grave;
    int64_t minute;
    int refusals, remembered;
    struct key refused[REFUSALS_REMEMBERED];
};

/* One direction of a connection: bytes that its target did not take yet, and how far it has come. */
struct half {
    uint8_t *bytes;
    size_t at, size;
    int readable, last; /* last: the source has nothing new to say, what it holds ends with its end */
    int ended, finished, broken;
};

enum stage { STAGE_CONNECTING, STAGE_ACCEPTING, STAGE_RELAYING };

struct connection {
    struct slot *slot;
    struct key key;
    enum stage stage;
    uint32_t packet; /* of the first SYN, held in the queue while connecting */
    int server;      /* index of the resolver tried, for DNS over TCP; else -1 */
    int platform;
    struct source inside, outside;
    struct half up, down; /* up: from the sandbox to the outside */
    int64_t deadline, redial;
    struct connection *next;
    struct list in_slot, by_deadline, ready, grave;
};

struct flow {
    struct slot *slot;
    struct key key;
    struct source source;
    uint8_t *query;
    size_t query_size;
    int server, tries; /* of a DNS query, which is a flow of its own; server -1: not one */
    int64_t deadline;
    struct flow *next;
    struct list in_slot, by_deadline, grave;
};

struct egress {
    const struct helpers *helpers;
    int epoll, launcher, maker;
    struct slot **slots; /* by number */
    struct own_addresses own;
    int64_t now;            /* monotonic milliseconds, of this round */
    int connections_a_slot, flows_a_slot; /* less than the most where descriptors are scarce */
    int reserve;            /* a descriptor to give up when there are no others */
    struct list connecting, redialling, accepting, flows, queries, ready;
    struct list dead_connections, dead_flows, dead_slots;
};

extern struct egress egress;

/* Bounds what the kernel keeps of one end of a connection, which it charges to nobody: or a sandbox that opens many and reads none would have
 * the machine's memory for sockets. */
void tcp_bound(const struct connection *connection, int descriptor);


#define STREAM_EVENTS (EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET)

/* egress.c */
int egress_watch(struct source *source, enum source_kind kind, int descriptor, void *owner, uint32_t events);
void egress_unwatch(struct source *source);

/* control.c */
void egress_control_read(void);
void egress_maker_read(void);
void egress_slot_end(struct slot *slot);
void egress_report(struct slot *slot, const struct key *key, const char *setting);

/* queue.c */
void egress_queue_read(struct slot *slot);
enum answer { ANSWER_TAKE, ANSWER_REFUSE, ANSWER_DROP };
void egress_queue_answer(struct slot *slot, uint32_t packet, enum answer answer);
unsigned key_bucket(const struct key *key);

/* tcp.c: opening connections */
void tcp_open(struct slot *slot, const struct packet *packet);
void tcp_accept(struct slot *slot, struct source *listener);
void tcp_event(struct connection *connection, struct source *source, uint32_t events);
void tcp_expire(void);
void tcp_end(struct connection *connection, int reset);

/* dial.c: 1 connected, 0 under way or (nothing watched) to be tried again, -1 failed */
int tcp_dial(struct connection *connection);

/* relay.c: connections that stand */
void relay_start(struct connection *connection);
void relay_note(struct connection *connection, struct source *source, uint32_t events); /* at any stage */
void relay_event(struct connection *connection);
void relay_continue(void);

/* udp.c */
void udp_send(struct slot *slot, const struct packet *packet);
void udp_event(struct flow *flow);
void udp_expire(void);
void udp_end(struct flow *flow);

/* hosts.c: what the host says of itself */
#define RESOLVERS 8
struct sockaddr_storage;
int hosts_open(void);
void hosts_addresses(void);
void hosts_changed(int descriptor);
int hosts_resolver(int index, struct sockaddr_storage *address, unsigned *length); /* 0; -1: there is none of that index */
void hosts_address(const struct sockaddr_storage *socket_address, struct address *address, uint16_t *port);
int hosts_is_resolver(const struct key *key); /* the address that stands for the host's resolver */
unsigned hosts_socket_address(struct sockaddr_storage *socket_address, const struct address *address, uint16_t port);

#endif
