#include "rules.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netlink.h"
#include "nft.h"

#define TCP_SYN_ONLY 0x02
#define TCP_OPENING_FLAGS 0x17 /* fin, syn, rst, ack */

static void if_loopback(struct rule *rule, int six) {
    static const uint8_t network[4] = {127}, bits[4] = {255};
    nft_if_byte(rule, NFT_META_NFPROTO, six ? NFPROTO_IPV6 : NFPROTO_IPV4);
    nft_load(rule, NFT_PAYLOAD_NETWORK_HEADER, six ? 24 : 16, six ? 16 : 4);
    if (!six)
        nft_mask(rule, bits, 4);
    nft_compare(rule, NFT_CMP_EQ, six ? (const void *)&in6addr_loopback : network, six ? 16 : 4);
}

static void platform_port(struct netlink *batch, const struct rules *rules, int index, int six) {
    uint16_t first = htons(rules->ports.first[index]), last = htons(rules->ports.last[index]);
    struct rule rule = nft_rule_in(batch, "output", 0);
    nft_if_byte(&rule, NFT_META_L4PROTO, IPPROTO_TCP);
    if_loopback(&rule, six);
    nft_load(&rule, NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2);
    nft_compare(&rule, NFT_CMP_GTE, &first, 2);
    nft_compare(&rule, NFT_CMP_LTE, &last, 2);
    nft_queue(&rule, rules->compat);
    nft_done(&rule);
}

/* What a program sends: its own loopback freely, anything else by egress's verdict. Only the first packet of a TCP connection is asked about;
 * the others can reach nothing but the connection that it opened. */
static void output_rules(struct netlink *batch, const struct rules *rules) {
    static const uint8_t opening[1] = {TCP_SYN_ONLY}, flags[1] = {TCP_OPENING_FLAGS};
    struct rule rule = nft_rule_in(batch, "output", 0);
    nft_if_mark(&rule, MARK_OWN);
    nft_verdict(&rule, NF_ACCEPT);
    nft_done(&rule);
    rule = nft_rule_in(batch, "output", 0);
    nft_if_byte(&rule, NFT_META_L4PROTO, IPPROTO_TCP);
    nft_load(&rule, NFT_PAYLOAD_TRANSPORT_HEADER, 13, 1);
    nft_mask(&rule, flags, 1);
    nft_compare(&rule, NFT_CMP_NEQ, opening, 1);
    nft_verdict(&rule, NF_ACCEPT);
    nft_done(&rule);
    for (int six = 0; six <= 1; six++) {
        rule = nft_rule_in(batch, "output", 0);
        nft_if_priority(&rule, NET_STAY_PRIORITY);
        if_loopback(&rule, six);
        nft_verdict(&rule, NF_ACCEPT);
        nft_done(&rule);
    }
    for (int i = 0; i < rules->ports.count; i++)
        for (int six = 0; six <= 1; six++)
            platform_port(batch, rules, i, six);
    for (int six = 0; six <= 1; six++) {
        rule = nft_rule_in(batch, "output", 0);
        if_loopback(&rule, six);
        nft_verdict(&rule, NF_ACCEPT);
        nft_done(&rule);
    }
    for (int six = 0; six <= rules->six; six++) {
        rule = nft_rule_in(batch, "output", 0);
        nft_if_byte(&rule, NFT_META_NFPROTO, six ? NFPROTO_IPV6 : NFPROTO_IPV4);
        nft_load(&rule, NFT_PAYLOAD_NETWORK_HEADER, six ? 24 : 16, six ? 16 : 4);
        nft_compare(&rule, NFT_CMP_EQ, six ? rules->address6 : rules->address, six ? 16 : 4);
        nft_verdict(&rule, NF_ACCEPT);
        nft_done(&rule);
    }
    static const uint8_t asked[] = {IPPROTO_TCP, IPPROTO_UDP};
    for (size_t i = 0; i < sizeof asked; i++) {
        rule = nft_rule_in(batch, "output", 0);
        nft_if_byte(&rule, NFT_META_L4PROTO, asked[i]);
        nft_queue(&rule, rules->compat);
        nft_done(&rule);
    }
}

/* A second chain behind the first, because a packet that comes back from the queue goes on with the next chain. */
static void refuse_rules(struct netlink *batch) {
    struct rule rule = nft_rule_in(batch, "refuse", 0);
    nft_if_mark(&rule, MARK_REFUSE);
    nft_if_byte(&rule, NFT_META_L4PROTO, IPPROTO_TCP);
    nft_reject(&rule, NFT_REJECT_TCP_RST, 0);
    nft_done(&rule);
    rule = nft_rule_in(batch, "refuse", 0);
    nft_if_mark(&rule, MARK_REFUSE);
    nft_reject(&rule, NFT_REJECT_ICMPX_UNREACH, NFT_REJECT_ICMPX_PORT_UNREACH);
    nft_done(&rule);
}

static void take_rules(struct netlink *batch, const struct rules *rules) {
    uint16_t port = htons(TAKE_PORT);
    struct rule rule;
    for (int six = 0; six <= rules->six; six++) {
        uint8_t to[16];
        inet_pton(six ? AF_INET6 : AF_INET, six ? TAKE_ADDRESS6 : TAKE_ADDRESS, to);
        rule = nft_rule_in(batch, "take", 0);
        nft_if_mark(&rule, MARK_TAKE);
        nft_if_byte(&rule, NFT_META_NFPROTO, six ? NFPROTO_IPV6 : NFPROTO_IPV4);
        nft_if_byte(&rule, NFT_META_L4PROTO, IPPROTO_TCP);
        nft_immediate(&rule, NFT_REG_1, to, six ? 16 : 4);
        nft_immediate(&rule, NFT_REG_2, &port, 2);
        nft_begin(&rule, "tproxy");
        netlink_put_be32(batch, NFTA_TPROXY_FAMILY, six ? NFPROTO_IPV6 : NFPROTO_IPV4);
        netlink_put_be32(batch, NFTA_TPROXY_REG_ADDR, NFT_REG_1);
        netlink_put_be32(batch, NFTA_TPROXY_REG_PORT, NFT_REG_2);
        nft_end(&rule);
        nft_verdict(&rule, NF_ACCEPT);
        nft_done(&rule);
    }
    rule = nft_rule_in(batch, "take", NLM_F_ACK);
    nft_if_mark(&rule, MARK_TAKE);
    nft_verdict(&rule, NF_DROP);
    nft_done(&rule);
}

int rules_set(const struct rules *rules) {
    static struct netlink batch;
    batch.length = batch.message = 0;
    batch.full = 0;
    struct nfgenmsg edge = {.nfgen_family = AF_UNSPEC, .version = NFNETLINK_V0, .res_id = htons(NFNL_SUBSYS_NFTABLES)};
    netlink_message(&batch, NFNL_MSG_BATCH_BEGIN, 0, &edge, sizeof edge);
    nft_message(&batch, NFT_MSG_NEWTABLE, NLM_F_CREATE);
    netlink_put_text(&batch, NFTA_TABLE_NAME, NFT_TABLE);
    nft_chain(&batch, "output", NF_INET_LOCAL_OUT, -150, NF_DROP);
    nft_chain(&batch, "refuse", NF_INET_LOCAL_OUT, -140, NF_ACCEPT);
    nft_chain(&batch, "take", NF_INET_PRE_ROUTING, -150, NF_ACCEPT);
    output_rules(&batch, rules);
    refuse_rules(&batch);
    take_rules(&batch, rules);
    netlink_message(&batch, NFNL_MSG_BATCH_END, 0, &edge, sizeof edge);
    int descriptor = netlink_open(NETLINK_NETFILTER);
    if (descriptor < 0)
        return -1;
    /* Acknowledgements come in the order of messages, so that of the last one follows any error; the batch is all or nothing. */
    int result = netlink_ask(descriptor, &batch, 1), why = errno;
    close(descriptor);
    errno = why;
    return result;
}
