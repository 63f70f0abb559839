#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "egress.h"

#define PACKETS_A_ROUND 64 /* then the other sandboxes have their turn */

unsigned key_bucket(const struct key *key) {
    /* A table is a slot's own and its entries are few, so a sandbox that aims for one bucket only slows itself. */
    unsigned hash = key->source_port * 31u + key->destination_port;
    for (int i = 12; i < 16; i++)
        hash = hash * 31 + key->destination.bytes[i];
    return hash % BUCKETS;
}

void egress_queue_answer(struct slot *slot, uint32_t packet, enum answer answer) {
    struct {
        struct nlmsghdr header;
        struct nfgenmsg queue;
        struct nlattr verdict_attribute;
        struct nfqnl_msg_verdict_hdr verdict;
        struct nlattr mark_attribute;
        uint32_t mark;
    } message = {
        .header = {.nlmsg_type = NFNL_SUBSYS_QUEUE << 8 | NFQNL_MSG_VERDICT, .nlmsg_flags = NLM_F_REQUEST, .nlmsg_len = sizeof message},
        .queue = {.nfgen_family = AF_UNSPEC, .version = NFNETLINK_V0},
        .verdict_attribute = {.nla_type = NFQA_VERDICT_HDR, .nla_len = NLA_HDRLEN + sizeof message.verdict},
        .verdict = {.verdict = htonl(answer == ANSWER_DROP ? NF_DROP : NF_ACCEPT), .id = htonl(packet)},
        .mark_attribute = {.nla_type = NFQA_MARK, .nla_len = NLA_HDRLEN + sizeof message.mark},
        .mark = htonl(answer == ANSWER_TAKE ? MARK_TAKE : MARK_REFUSE),
    };
    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    ssize_t sent;
    do
        sent = sendto(slot->queue.descriptor, &message, sizeof message, MSG_NOSIGNAL, (struct sockaddr *)&kernel, sizeof kernel);
    while (sent < 0 && errno == EINTR);
}

void egress_queue_read(struct slot *slot) {
    static _Alignas(8) uint8_t buffer[80 * 1024];
    for (int i = 0; i < PACKETS_A_ROUND; i++) {
        struct packet packet;
        ssize_t size = recv(slot->queue.descriptor, buffer, sizeof buffer, MSG_DONTWAIT);
        if (size < 0)
            return;
        if (packet_read(buffer, (size_t)size, &packet) != 0)
            continue;
        /* The policy was sent before the sandbox was, but perhaps not read yet. */
        if (!slot->has_policy)
            egress_control_read();
        if (slot->queue.kind == SOURCE_DEAD)
            return;
        if (packet.protocol == PROTOCOL_TCP)
            tcp_open(slot, &packet);
        else if (packet.protocol == PROTOCOL_UDP)
            udp_send(slot, &packet);
        else
            egress_queue_answer(slot, packet.id, ANSWER_REFUSE);
    }
}
