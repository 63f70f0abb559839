#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "egress.h"

#define FLOW_MILLISECONDS 60000
#define QUERY_MILLISECONDS 2000
#define QUERY_ROUNDS 2       /* through all resolvers */
#define QUERY_BYTES 4096
#define QUERY_HEADER 12
#define ANSWERS_A_ROUND 32   /* of one flow, then the others have their turn */

static struct flow *find(struct slot *slot, const struct key *key) {
    struct flow *at = slot->by_key[key_bucket(key)];
    while (at != NULL && memcmp(&at->key, key, sizeof *key) != 0)
        at = at->next;
    return at;
}

void udp_end(struct flow *flow) {
    struct flow **at = &flow->slot->by_key[key_bucket(&flow->key)];
    while (*at != NULL && *at != flow)
        at = &(*at)->next;
    if (*at != NULL)
        *at = flow->next;
    egress_unwatch(&flow->source);
    free(flow->query);
    flow->query = NULL;
    net_list_remove(&flow->in_slot);
    net_list_remove(&flow->by_deadline);
    flow->slot->flow_count--;
    net_list_add(&egress.dead_flows, &flow->grave);
}

static void use(struct flow *flow) {
    struct list *list = flow->server < 0 ? &egress.flows : &egress.queries;
    flow->deadline = egress.now + (flow->server < 0 ? FLOW_MILLISECONDS : QUERY_MILLISECONDS);
    net_list_remove(&flow->by_deadline);
    net_list_add(list, &flow->by_deadline);
    net_list_remove(&flow->in_slot);
    net_list_add(&flow->slot->flows, &flow->in_slot);
}

static struct flow *flow_new(struct slot *slot, const struct key *key, int server) {
    struct flow *flow = calloc(1, sizeof *flow);
    if (flow == NULL)
        return NULL;
    /* The one that was silent longest makes room, as in any router's table. */
    if (slot->flow_count >= egress.flows_a_slot)
        udp_end(OWNER(slot->flows.next, struct flow, in_slot));
    flow->slot = slot;
    flow->key = *key;
    flow->server = server;
    slot->flow_count++;
    use(flow);
    return flow;
}

static int flow_connect(struct flow *flow, const struct sockaddr_storage *address, socklen_t length) {
    int descriptor = socket(address->ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0)
        return -1;
    if (egress_watch(&flow->source, SOURCE_FLOW, descriptor, flow, EPOLLIN) == 0 &&
        connect(descriptor, (const struct sockaddr *)address, length) == 0)
        return 0;
    egress_unwatch(&flow->source);
    return -1;
}

/* Asks the next resolver that can be asked. -1 when all have had their rounds. */
static int query_next(struct flow *flow) {
    struct sockaddr_storage address;
    unsigned length;
    egress_unwatch(&flow->source);
    for (;;) {
        if (hosts_resolver(flow->server, &address, &length) != 0) {
            if (flow->server == 0 || ++flow->tries == QUERY_ROUNDS)
                return -1;
            flow->server = 0;
            continue;
        }
        flow->server++;
        if (flow_connect(flow, &address, length) == 0) {
            if (send(flow->source.descriptor, flow->query, flow->query_size, MSG_NOSIGNAL) >= 0)
                break;
            egress_unwatch(&flow->source);
        }
    }
    use(flow);
    return 0;
}

static enum answer query_send(struct slot *slot, const struct packet *packet) {
    if (packet->size < QUERY_HEADER || packet->size > QUERY_BYTES)
        return ANSWER_DROP;
    struct flow *flow = flow_new(slot, &packet->key, 0);
    if (flow == NULL)
        return ANSWER_DROP;
    flow->query = malloc(packet->size);
    if (flow->query != NULL) {
        memcpy(flow->query, packet->payload, packet->size);
        flow->query_size = packet->size;
        if (query_next(flow) == 0)
            return ANSWER_DROP;
    }
    udp_end(flow);
    return ANSWER_REFUSE;
}

static enum answer flow_send(struct slot *slot, const struct packet *packet) {
    struct flow *flow = find(slot, &packet->key);
    if (flow == NULL) {
        struct sockaddr_storage address;
        flow = flow_new(slot, &packet->key, -1);
        if (flow == NULL)
            return ANSWER_DROP;
        unsigned bucket = key_bucket(&flow->key);
        flow->next = slot->by_key[bucket];
        slot->by_key[bucket] = flow;
        unsigned length = hosts_socket_address(&address, &flow->key.destination, flow->key.destination_port);
        if (flow_connect(flow, &address, length) != 0) {
            udp_end(flow);
            return ANSWER_REFUSE;
        }
    }
    use(flow);
    if (send(flow->source.descriptor, packet->payload, packet->size, MSG_NOSIGNAL) >= 0 || errno == EAGAIN)
        return ANSWER_DROP;
    /* Too large for the way, no way, or the refusal of an earlier datagram that was not read yet. */
    udp_end(flow);
    return ANSWER_REFUSE;
}

void udp_send(struct slot *slot, const struct packet *packet) {
    int resolver = hosts_is_resolver(&packet->key);
    int known = !resolver && find(slot, &packet->key) != NULL;
    int allowed = known || (slot->has_policy && (resolver ? slot->policy->base != POLICY_NONE
                                                           : policy_allows(slot->policy, &egress.own, &packet->key.destination,
                                                                           packet->key.destination_port)));
    enum answer answer = ANSWER_REFUSE;
    if (allowed)
        answer = resolver ? query_send(slot, packet) : flow_send(slot, packet);
    else
        egress_report(slot, &packet->key, resolver ? "egress: internet" : NULL);
    egress_queue_answer(slot, packet->id, answer);
}

static void inject(struct flow *flow, const uint8_t *packet, size_t size) {
    struct sockaddr_storage to;
    unsigned length = hosts_socket_address(&to, &flow->key.source, 0);
    if (packet != NULL)
        sendto(flow->slot->raw[to.ss_family == AF_INET6], packet, size, MSG_NOSIGNAL, (struct sockaddr *)&to, length);
}

static void inject_answer(struct flow *flow, uint8_t *payload, size_t size) {
    size_t whole = 0;
    uint8_t *packet = packet_answer(&flow->key, payload, size, &whole);
    inject(flow, packet, whole);
}

/* Nobody listens there, or no way leads there: what the host's own socket would be told. */
static void inject_unreachable(struct flow *flow) {
    uint8_t room[UNREACHABLE_BYTES];
    size_t whole;
    uint8_t *packet = packet_unreachable(&flow->key, room, &whole);
    inject(flow, packet, whole);
}

void udp_event(struct flow *flow) {
    static uint8_t buffer[DATAGRAM_HEADERS + 65536];
    uint8_t *payload = buffer + DATAGRAM_HEADERS;
    for (int i = 0; i < ANSWERS_A_ROUND; i++) {
        ssize_t size = recv(flow->source.descriptor, payload, 65536, 0);
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0 && errno == EAGAIN)
            return;
        if (flow->server < 0) {
            if (size < 0) {
                inject_unreachable(flow);
                udp_end(flow);
                return;
            }
            use(flow);
            inject_answer(flow, payload, (size_t)size);
        } else if (size < 0) {
            if (query_next(flow) != 0)
                udp_end(flow);
            return;
        } else if (size >= QUERY_HEADER && memcmp(payload, flow->query, 2) == 0) {
            inject_answer(flow, payload, (size_t)size);
            udp_end(flow);
            return;
        }
    }
}

void udp_expire(void) {
    while (!net_list_empty(&egress.flows) && OWNER(egress.flows.next, struct flow, by_deadline)->deadline <= egress.now)
        udp_end(OWNER(egress.flows.next, struct flow, by_deadline));
    while (!net_list_empty(&egress.queries) && OWNER(egress.queries.next, struct flow, by_deadline)->deadline <= egress.now) {
        struct flow *flow = OWNER(egress.queries.next, struct flow, by_deadline);
        if (query_next(flow) != 0)
            udp_end(flow);
    }
}
