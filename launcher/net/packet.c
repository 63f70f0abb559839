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

uint8_t *packet_answer(const struct key *key, uint8_t *payload, size_t size, size_t *whole) {
    uint8_t *udp = payload - 8, *ip;
    size_t length = size + 8;
    int four = address_is_v4(&key->destination);
    if (length + (four ? 20 : 0) > 65535)
        return NULL;
    put16(udp, key->destination_port);
    put16(udp + 2, key->source_port);
    put16(udp + 4, length);
    put16(udp + 6, 0);
    if (four) {
        ip = udp - 20;
        memset(ip, 0, 20);
        ip[0] = 0x45;
        put16(ip + 2, length + 20);
        ip[6] = 0x40; /* don't fragment */
        ip[8] = 64;
        ip[9] = IPPROTO_UDP;
        memcpy(ip + 12, key->destination.bytes + 12, 4);
        memcpy(ip + 16, key->source.bytes + 12, 4);
        *whole = length + 20;
        return ip;
    }
    ip = udp - 40;
    memset(ip, 0, 8);
    ip[0] = 0x60;
    put16(ip + 4, length);
    ip[6] = IPPROTO_UDP;
    ip[7] = 64;
    memcpy(ip + 8, key->destination.bytes, 16);
    memcpy(ip + 24, key->source.bytes, 16);
    /* IPv6 demands a checksum, over addresses, length and protocol too; at most 32,768 words, so 32 bits hold the sum. */
    uint32_t total = sum((uint32_t)length + IPPROTO_UDP, ip + 8, 32 + length);
    while (total >> 16 != 0)
        total = (total & 0xffff) + (total >> 16);
    put16(udp + 6, total == 0xffff ? 0xffff : ~total & 0xffff);
    *whole = length + 40;
    return ip;
}
