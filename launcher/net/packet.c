#include "packet.h"

#include <arpa/inet.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <string.h>

static uint16_t get16(const uint8_t *at) { return (uint16_t)(at[0] << 8 | at[1]); }

static void put16(uint8_t *at, size_t value) {
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void read_transport(struct packet *packet, uint8_t protocol, const uint8_t *at, size_t size) {
    if (size < 8 || (protocol == IPPROTO_TCP && size < 20))
        return;
    packet->key.source_port = get16(at);
    packet->key.destination_port = get16(at + 2);
    if (protocol == IPPROTO_TCP) {
        packet->protocol = PROTOCOL_TCP;
    } else if (protocol == IPPROTO_UDP) {
        size_t length = get16(at + 4);
        if (length < 8 || length > size)
            return;
        packet->protocol = PROTOCOL_UDP;
        packet->payload = at + 8;
        packet->size = length - 8;
    }
}

static void read_ip(struct packet *packet, const uint8_t *at, size_t size) {
    if (size >= 20 && at[0] >> 4 == 4) {
        size_t header = (size_t)(at[0] & 15) * 4, whole = get16(at + 2);
        /* The queue stands before fragmentation, so a fragment is a forgery. */
        if (header < 20 || header > size || whole < header || whole > size || (get16(at + 6) & 0x3fff) != 0)
            return;
        packet->key.source = address_v4(at + 12);
        packet->key.destination = address_v4(at + 16);
        read_transport(packet, at[9], at + header, whole - header);
    } else if (size >= 40 && at[0] >> 4 == 6) {
        size_t whole = 40 + (size_t)get16(at + 4);
        if (whole > size)
            return;
        memcpy(packet->key.source.bytes, at + 8, 16);
        memcpy(packet->key.destination.bytes, at + 24, 16);
        /* Extension headers are not followed: what needs them is refused. */
        if (!address_is_v4(&packet->key.destination) && !address_is_v4(&packet->key.source))
            read_transport(packet, at[6], at + 40, whole - 40);
    }
}

int packet_read(const void *message, size_t size, struct packet *packet) {
    const struct nlmsghdr *header = message;
    const uint8_t *end, *at = (const uint8_t *)message + NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(struct nfgenmsg)), *bytes = NULL;
    size_t length = 0;
    int found = 0;
    memset(packet, 0, sizeof *packet);
    if (size < NLMSG_HDRLEN + sizeof(struct nfgenmsg) || header->nlmsg_len > size ||
        header->nlmsg_len < NLMSG_HDRLEN + sizeof(struct nfgenmsg) || header->nlmsg_type != (NFNL_SUBSYS_QUEUE << 8 | NFQNL_MSG_PACKET))
        return -1;
    end = (const uint8_t *)message + header->nlmsg_len;
    while (at < end && (size_t)(end - at) >= NLA_HDRLEN) {
        struct nlattr attribute;
        memcpy(&attribute, at, sizeof attribute);
        if (attribute.nla_len < NLA_HDRLEN || attribute.nla_len > end - at)
            return -1;
        size_t data = attribute.nla_len - NLA_HDRLEN;
        int type = attribute.nla_type & NLA_TYPE_MASK;
        if (type == NFQA_PACKET_HDR && data >= sizeof(struct nfqnl_msg_packet_hdr)) {
            uint32_t id;
            memcpy(&id, at + NLA_HDRLEN, sizeof id);
            packet->id = ntohl(id);
            found = 1;
        } else if (type == NFQA_PAYLOAD) {
            bytes = at + NLA_HDRLEN;
            length = data;
        }
        size_t step = NLA_ALIGN(attribute.nla_len);
        if (step >= (size_t)(end - at))
            break;
        at += step;
    }
    if (found && bytes != NULL)
        read_ip(packet, bytes, length);
    return found ? 0 : -1;
}

static uint32_t sum(uint32_t start, const uint8_t *bytes, size_t size) {
    for (; size > 1; bytes += 2, size -= 2)
        start += get16(bytes);
    return size == 1 ? start + ((uint32_t)*bytes << 8) : start;
}

/* At most some 32,800 words are summed, so that 32 bits hold the sum before it is folded. */
static uint16_t checksum(uint32_t total) {
    while (total >> 16 != 0)
        total = (total & 0xffff) + (total >> 16);
    return (uint16_t)~total;
}

/* Writes an IP header in front of `payload`; the kernel fills in the checksum of IPv4's. */
static uint8_t *put_ip(uint8_t *payload, size_t size, uint8_t protocol, const struct address *from, const struct address *to) {
    if (address_is_v4(from)) {
        uint8_t *ip = payload - 20;
        memset(ip, 0, 20);
        ip[0] = 0x45;
        put16(ip + 2, size + 20);
        ip[6] = 0x40; /* don't fragment */
        ip[8] = 64;
        ip[9] = protocol;
        memcpy(ip + 12, from->bytes + 12, 4);
        memcpy(ip + 16, to->bytes + 12, 4);
        return ip;
    }
    uint8_t *ip = payload - 40;
    memset(ip, 0, 8);
    ip[0] = 0x60;
    put16(ip + 4, size);
    ip[6] = protocol;
    ip[7] = 64;
    memcpy(ip + 8, from->bytes, 16);
    memcpy(ip + 24, to->bytes, 16);
    return ip;
}

static void put_udp(uint8_t *udp, uint16_t from, uint16_t to, size_t length) {
    put16(udp, from);
    put16(udp + 2, to);
    put16(udp + 4, length);
    put16(udp + 6, 0);
}

uint8_t *packet_answer(const struct key *key, uint8_t *payload, size_t size, size_t *whole) {
    uint8_t *udp = payload - 8;
    size_t length = size + 8;
    int four = address_is_v4(&key->destination);
    if (length + (four ? 20 : 0) > 65535)
        return NULL;
    put_udp(udp, key->destination_port, key->source_port, length);
    uint8_t *ip = put_ip(udp, length, IPPROTO_UDP, &key->destination, &key->source);
    *whole = (size_t)(udp - ip) + length;
    if (!four) {
        /* IPv6 demands a checksum, over addresses, length and protocol too; IPv4 does without. */
        uint16_t check = checksum(sum((uint32_t)length + IPPROTO_UDP, ip + 8, 32 + length));
        put16(udp + 6, check == 0 ? 0xffff : check);
    }
    return ip;
}

uint8_t *packet_unreachable(const struct key *key, uint8_t room[UNREACHABLE_BYTES], size_t *whole) {
    int four = address_is_v4(&key->destination);
    uint8_t *icmp = room + 40, *quoted = icmp + 8, *udp = quoted + (four ? 20 : 40);
    size_t length = (size_t)(udp + 8 - icmp);
    put_udp(udp, key->source_port, key->destination_port, 8);
    put_ip(udp, 8, IPPROTO_UDP, &key->source, &key->destination);
    memset(icmp, 0, 8);
    icmp[0] = four ? 3 : 1; /* destination unreachable: */
    icmp[1] = four ? 3 : 4; /* port */
    uint8_t *ip = put_ip(icmp, length, four ? IPPROTO_ICMP : IPPROTO_ICMPV6, &key->destination, &key->source);
    put16(icmp + 2, four ? checksum(sum(0, icmp, length)) : checksum(sum((uint32_t)length + IPPROTO_ICMPV6, ip + 8, 32 + length)));
    *whole = (size_t)(icmp - ip) + length;
    return ip;
}
