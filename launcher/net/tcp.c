#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "egress.h"

#define CONNECT_MILLISECONDS 30000
#define ACCEPT_MILLISECONDS 10000
#define REDIAL_MILLISECONDS 10

static int is_loopback(const struct address *to) {
    return address_is_v4(to) ? to->bytes[12] == 127 : memcmp(to->bytes, &in6addr_loopback, 16) == 0;
}

static struct connection *find(struct slot *slot, const struct key *key) {
    struct connection *at = slot->opening[key_bucket(key)];
    while (at != NULL && memcmp(&at->key, key, sizeof *key) != 0)
        at = at->next;
    return at;
}

static void forget_opening(struct connection *connection) {
    struct connection **at = &connection->slot->opening[key_bucket(&connection->key)];
    while (*at != NULL && *at != connection)
        at = &(*at)->next;
    if (*at != NULL) {
        *at = connection->next;
        connection->slot->opening_count--;
    }
    net_list_remove(&connection->by_deadline);
}

static void close_reset(struct source *source) {
    struct linger at_once = {.l_onoff = 1};
    if (source->kind != SOURCE_DEAD)
        setsockopt(source->descriptor, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    egress_unwatch(source);
}

void tcp_end(struct connection *connection, int reset) {
    struct slot *slot = connection->slot;
    if (connection->stage == STAGE_CONNECTING)
        egress_queue_answer(slot, connection->packet, ANSWER_REFUSE);
    if (connection->stage != STAGE_RELAYING)
        forget_opening(connection);
    if (reset) {
        close_reset(&connection->inside);
        close_reset(&connection->outside);
    }
    egress_unwatch(&connection->inside);
    egress_unwatch(&connection->outside);
    free(connection->up.bytes);
    free(connection->down.bytes);
    net_list_remove(&connection->in_slot);
    net_list_remove(&connection->ready);
    slot->connection_count--;
    net_list_add(&egress.dead_connections, &connection->grave);
}

/* The outside answers: now the sandbox's connection may come to be. */
static void established(struct connection *connection) {
    struct slot *slot = connection->slot;
    int six = !address_is_v4(&connection->key.destination);
    connection->stage = STAGE_ACCEPTING;
    connection->deadline = egress.now + ACCEPT_MILLISECONDS;
    net_list_remove(&connection->by_deadline);
    net_list_add(&egress.accepting, &connection->by_deadline);
    egress_queue_answer(slot, connection->packet, ANSWER_TAKE);
    /* The handshake runs within the answer, so it is there to be accepted already. */
    if (slot->listeners[six].kind == SOURCE_LISTENER)
        tcp_accept(slot, &slot->listeners[six]);
}

static void dialled(struct connection *connection, int result) {
    if (result < 0) {
        tcp_end(connection, 0);
    } else if (result > 0) {
        established(connection);
    } else if (connection->outside.kind == SOURCE_DEAD) {
        /* The gateway's backlog is full for the moment. */
        net_list_remove(&connection->by_deadline);
        net_list_add(&egress.redialling, &connection->by_deadline);
        connection->redial = egress.now + REDIAL_MILLISECONDS;
    }
}

void tcp_bound(const struct connection *connection, int descriptor) {
    int bytes = connection->slot->connection_count < LARGE_A_SLOT ? LARGE_BUFFER : SMALL_BUFFER;
    setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
}

/* Whether it leads to the gateway by an address of the host, where the gateway would not know whom it serves. */
static int outer_face(const struct key *key) {
    return ports_have(&egress.helpers->ports, key->destination_port) && policy_is_own(&egress.own, &key->destination);
}

/* A name that the platform serves may be known to resolvers, by an address of the host: that leads where the platform's own names do. */
static int is_platform(const struct key *key) {
    return is_loopback(&key->destination) || (ports_have(&egress.helpers->everywhere, key->destination_port) && outer_face(key));
}

static int allowed(struct slot *slot, const struct key *key, int platform, int resolver) {
    char setting[128];
    const char *why = NULL;
    int outer = !platform && outer_face(key);
    int allowed = slot->has_policy && (resolver ? slot->policy->base != POLICY_NONE
                                                : policy_allows(slot->policy, &egress.own, &key->destination, key->destination_port));
    allowed = platform || (allowed && !outer);
    if (allowed && (slot->connection_count >= egress.connections_a_slot || slot->opening_count >= OPENING_A_SLOT)) {
        snprintf(setting, sizeof setting, "a sandbox has at most %d connections, %d of them being made", egress.connections_a_slot,
                 OPENING_A_SLOT);
        why = setting;
        allowed = 0;
    } else if (outer) {
        why = "it is the platform's own; call a function at its URL";
    } else if (resolver) {
        why = "egress: internet";
    }
    if (!allowed)
        egress_report(slot, key, why);
    return allowed;
}

void tcp_open(struct slot *slot, const struct packet *packet) {
    struct connection *connection = find(slot, &packet->key);
    if (connection != NULL) {
        /* Sent again: the first is still held, or its handshake got lost. */
        egress_queue_answer(slot, packet->id, connection->stage == STAGE_CONNECTING ? ANSWER_DROP : ANSWER_TAKE);
        return;
    }
    int platform = is_platform(&packet->key);
    int resolver = hosts_is_resolver(&packet->key);
    if (!allowed(slot, &packet->key, platform, resolver) || (connection = calloc(1, sizeof *connection)) == NULL) {
        egress_queue_answer(slot, packet->id, ANSWER_REFUSE);
        return;
    }
    *connection = (struct connection){.slot = slot, .key = packet->key, .packet = packet->id, .platform = platform,
                                      .server = resolver ? 0 : -1, .deadline = egress.now + CONNECT_MILLISECONDS};
    unsigned bucket = key_bucket(&packet->key);
    connection->next = slot->opening[bucket];
    slot->opening[bucket] = connection;
    slot->opening_count++;
    slot->connection_count++;
    net_list_add(&slot->connections, &connection->in_slot);
    net_list_add(&egress.connecting, &connection->by_deadline);
    dialled(connection, tcp_dial(connection));
}

static struct key accepted_key(const struct sockaddr_storage *peer, const struct sockaddr_storage *self) {
    struct key key;
    memset(&key, 0, sizeof key);
    hosts_address(peer, &key.source, &key.source_port);
    hosts_address(self, &key.destination, &key.destination_port);
    return key;
}

static void accepted(struct slot *slot, int descriptor, const struct sockaddr_storage *peer) {
    struct sockaddr_storage self;
    struct source source = {.kind = SOURCE_INSIDE, .descriptor = descriptor};
    socklen_t length = sizeof self;
    int one = 1;
    struct connection *connection = NULL;
    if (getsockname(descriptor, (struct sockaddr *)&self, &length) == 0) {
        struct key key = accepted_key(peer, &self);
        connection = find(slot, &key);
    }
    if (connection == NULL || connection->stage != STAGE_ACCEPTING) {
        close_reset(&source);
        return;
    }
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    tcp_bound(connection, descriptor);
    forget_opening(connection);
    connection->stage = STAGE_RELAYING;
    if (egress_watch(&connection->inside, SOURCE_INSIDE, descriptor, connection, STREAM_EVENTS) != 0)
        tcp_end(connection, 1);
    else
        relay_start(connection);
}

void tcp_accept(struct slot *slot, struct source *listener) {
    for (;;) {
        struct sockaddr_storage peer;
        socklen_t length = sizeof peer;
        int descriptor = accept4(listener->descriptor, (struct sockaddr *)&peer, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (descriptor >= 0) {
            accepted(slot, descriptor, &peer);
        } else if ((errno == EMFILE || errno == ENFILE) && egress.reserve >= 0) {
            /* Left in the queue it would wake this process for ever. */
            close(egress.reserve);
            descriptor = accept4(listener->descriptor, NULL, NULL, SOCK_CLOEXEC);
            if (descriptor >= 0)
                close(descriptor);
            egress.reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
        } else if (errno != EINTR && errno != ECONNABORTED) {
            return;
        }
    }
}

static void connected_or_not(struct connection *connection, uint32_t events) {
    int error = 0;
    socklen_t length = sizeof error;
    if ((events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) == 0)
        return;
    if (getsockopt(connection->outside.descriptor, SOL_SOCKET, SO_ERROR, &error, &length) != 0)
        error = errno;
    if (error == 0 && (events & EPOLLOUT) != 0) {
        relay_note(connection, &connection->outside, events);
        established(connection);
        return;
    }
    egress_unwatch(&connection->outside);
    int result = -1;
    if (connection->server >= 0) {
        connection->server++;
        result = tcp_dial(connection);
    }
    dialled(connection, result);
}

void tcp_event(struct connection *connection, struct source *source, uint32_t events) {
    /* An event comes once, so what it says is noted even while there is nobody to relay to. */
    if (connection->stage != STAGE_CONNECTING)
        relay_note(connection, source, events);
    if (connection->stage == STAGE_CONNECTING)
        connected_or_not(connection, events);
    else if (connection->stage == STAGE_RELAYING)
        relay_event(connection);
}

static void redial(void) {
    while (!net_list_empty(&egress.redialling)) {
        struct connection *connection = OWNER(egress.redialling.next, struct connection, by_deadline);
        if (connection->redial > egress.now)
            return;
        dialled(connection, connection->deadline <= egress.now ? -1 : tcp_dial(connection));
    }
}

void tcp_expire(void) {
    redial();
    struct list *lists[] = {&egress.connecting, &egress.accepting};
    for (int i = 0; i < 2; i++)
        while (!net_list_empty(lists[i]) && OWNER(lists[i]->next, struct connection, by_deadline)->deadline <= egress.now)
            tcp_end(OWNER(lists[i]->next, struct connection, by_deadline), 1);
}
