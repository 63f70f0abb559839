#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "egress.h"
#include "wire.h"

#define SLOT_NUMBERS 65536

static struct slot *find(uint32_t number) { return number < SLOT_NUMBERS ? egress.slots[number] : NULL; }

static int slot_open(const struct wire_slot *message, int *descriptors) {
    struct slot *slot = calloc(1, sizeof *slot);
    if (slot == NULL)
        return -1;
    slot->number = message->number;
    memcpy(slot->address, message->address, 4);
    net_list_init(&slot->connections);
    net_list_init(&slot->flows);
    slot->raw[0] = descriptors[2];
    slot->raw[1] = descriptors[4];
    int failed = egress_watch(&slot->queue, SOURCE_QUEUE, descriptors[0], slot, EPOLLIN) != 0;
    failed |= egress_watch(&slot->listeners[0], SOURCE_LISTENER, descriptors[1], slot, EPOLLIN) != 0;
    if (descriptors[3] >= 0)
        failed |= egress_watch(&slot->listeners[1], SOURCE_LISTENER, descriptors[3], slot, EPOLLIN) != 0;
    egress.slots[slot->number] = slot;
    if (failed)
        egress_slot_end(slot);
    return 0;
}

void egress_maker_read(void) {
    for (;;) {
        struct wire_slot message;
        int descriptors[WIRE_DESCRIPTORS];
        ssize_t size = net_wire_receive(egress.maker, &message, sizeof message, descriptors, WIRE_DESCRIPTORS, MSG_DONTWAIT);
        if (size < 0 && errno == EAGAIN)
            return;
        /* No descriptors were left to receive it with: its sandbox's packets are dropped by the kernel, for nobody answers. */
        if (size < 0 && errno == EPROTO)
            continue;
        if (size <= 0)
            _exit(0);
        int wanted = message.six ? 5 : 3, whole = size == sizeof message && message.number < SLOT_NUMBERS && find(message.number) == NULL;
        for (int i = 0; i < wanted; i++)
            whole &= descriptors[i] >= 0;
        if (!whole || slot_open(&message, descriptors) != 0)
            for (int i = 0; i < WIRE_DESCRIPTORS; i++)
                if (descriptors[i] >= 0)
                    close(descriptors[i]);
    }
}

void egress_slot_end(struct slot *slot) {
    while (!net_list_empty(&slot->connections))
        tcp_end(OWNER(slot->connections.next, struct connection, in_slot), 1);
    while (!net_list_empty(&slot->flows))
        udp_end(OWNER(slot->flows.next, struct flow, in_slot));
    egress_unwatch(&slot->queue);
    egress_unwatch(&slot->listeners[0]);
    egress_unwatch(&slot->listeners[1]);
    for (int six = 0; six <= 1; six++)
        if (slot->raw[six] >= 0)
            close(slot->raw[six]);
    egress.slots[slot->number] = NULL;
    net_list_add(&egress.dead_slots, &slot->grave);
}

static void set_policy(const struct wire_control_message *message, size_t size) {
    size_t head = offsetof(struct wire_control_message, policy.entries);
    /* The maker has sent the slot before the launcher could know it, but on another socket. */
    if (find(message->number) == NULL)
        egress_maker_read();
    struct slot *slot = find(message->number);
    if (slot == NULL || slot->has_policy || size < head || message->policy.count > POLICY_ENTRIES ||
        size != offsetof(struct wire_control_message, policy) + policy_size(&message->policy))
        return;
    slot->policy = malloc(policy_size(&message->policy));
    if (slot->policy == NULL)
        return;
    memcpy(slot->policy, &message->policy, policy_size(&message->policy));
    slot->has_policy = 1;
}

void egress_control_read(void) {
    for (;;) {
        struct wire_control_message message = {0};
        ssize_t size = net_wire_receive(egress.launcher, &message, sizeof message, NULL, 0, MSG_DONTWAIT);
        if (size < 0 && errno == EAGAIN)
            return;
        if (size <= 0)
            _exit(0);
        if (message.kind == WIRE_POLICY) {
            set_policy(&message, (size_t)size);
        } else if (message.kind == WIRE_RELEASE) {
            if (find(message.number) == NULL)
                egress_maker_read();
            if (find(message.number) != NULL)
                egress_slot_end(find(message.number));
        }
    }
}

/* Whether a destination was reported before; the oldest of those remembered makes room. */
static int reported(struct slot *slot, const struct key *key) {
    int known = slot->remembered < REFUSALS_REMEMBERED ? slot->remembered : REFUSALS_REMEMBERED;
    for (int i = 0; i < known; i++)
        if (slot->refused[i].destination_port == key->destination_port &&
            memcmp(&slot->refused[i].destination, &key->destination, sizeof key->destination) == 0)
            return 1;
    return 0;
}

void egress_report(struct slot *slot, const struct key *key, const char *setting) {
    struct wire_refused message = {.number = slot->number};
    if (reported(slot, key))
        return;
    if (egress.now - slot->minute >= 60000 || slot->minute == 0) {
        slot->minute = egress.now;
        slot->refusals = 0;
    }
    if (slot->refusals == REFUSALS_A_MINUTE)
        return;
    slot->refusals++;
    slot->refused[slot->remembered % REFUSALS_REMEMBERED] = *key;
    if (++slot->remembered == 2 * REFUSALS_REMEMBERED)
        slot->remembered = REFUSALS_REMEMBERED;
    address_text(message.what, sizeof message.what, &key->destination, key->destination_port);
    if (setting != NULL)
        snprintf(message.setting, sizeof message.setting, "%s", setting);
    else
        policy_setting(message.setting, sizeof message.setting, &key->destination);
    /* A launcher that does not read loses lines of a log, not its network. */
    net_wire_send(egress.launcher, &message, sizeof message, NULL, 0, MSG_DONTWAIT);
}
