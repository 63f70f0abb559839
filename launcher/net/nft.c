#include "nft.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <sys/socket.h>

void nft_begin(struct rule *rule, const char *name) {
    rule->element = netlink_nest(rule->batch, NFTA_LIST_ELEM);
    netlink_put_text(rule->batch, NFTA_EXPR_NAME, name);
    rule->data = netlink_nest(rule->batch, NFTA_EXPR_DATA);
}

void nft_end(struct rule *rule) {
    netlink_end(rule->batch, rule->data);
    netlink_end(rule->batch, rule->element);
}

static void nft_value(struct rule *rule, uint16_t type, const void *bytes, size_t size) {
    size_t nest = netlink_nest(rule->batch, type);
    netlink_put(rule->batch, NFTA_DATA_VALUE, bytes, size);
    netlink_end(rule->batch, nest);
}

void nft_compare(struct rule *rule, uint32_t operation, const void *bytes, size_t size) {
    nft_begin(rule, "cmp");
    netlink_put_be32(rule->batch, NFTA_CMP_SREG, NFT_REG_1);
    netlink_put_be32(rule->batch, NFTA_CMP_OP, operation);
    nft_value(rule, NFTA_CMP_DATA, bytes, size);
    nft_end(rule);
}

static void nft_if_meta(struct rule *rule, uint32_t key, const void *bytes, size_t size) {
    nft_begin(rule, "meta");
    netlink_put_be32(rule->batch, NFTA_META_DREG, NFT_REG_1);
    netlink_put_be32(rule->batch, NFTA_META_KEY, key);
    nft_end(rule);
    nft_compare(rule, NFT_CMP_EQ, bytes, size);
}

void nft_if_byte(struct rule *rule, uint32_t key, uint8_t byte) { nft_if_meta(rule, key, &byte, 1); }

void nft_if_mark(struct rule *rule, uint32_t mark) { nft_if_meta(rule, NFT_META_MARK, &mark, sizeof mark); }

void nft_if_priority(struct rule *rule, uint32_t priority) { nft_if_meta(rule, NFT_META_PRIORITY, &priority, sizeof priority); }

void nft_load(struct rule *rule, uint32_t base, uint32_t offset, uint32_t size) {
    nft_begin(rule, "payload");
    netlink_put_be32(rule->batch, NFTA_PAYLOAD_DREG, NFT_REG_1);
    netlink_put_be32(rule->batch, NFTA_PAYLOAD_BASE, base);
    netlink_put_be32(rule->batch, NFTA_PAYLOAD_OFFSET, offset);
    netlink_put_be32(rule->batch, NFTA_PAYLOAD_LEN, size);
    nft_end(rule);
}

void nft_mask(struct rule *rule, const void *bits, uint32_t size) {
    static const uint8_t zero[16];
    nft_begin(rule, "bitwise");
    netlink_put_be32(rule->batch, NFTA_BITWISE_SREG, NFT_REG_1);
    netlink_put_be32(rule->batch, NFTA_BITWISE_DREG, NFT_REG_1);
    netlink_put_be32(rule->batch, NFTA_BITWISE_LEN, size);
    nft_value(rule, NFTA_BITWISE_MASK, bits, size);
    nft_value(rule, NFTA_BITWISE_XOR, zero, size);
    nft_end(rule);
}

void nft_verdict(struct rule *rule, uint32_t code) {
    nft_begin(rule, "immediate");
    netlink_put_be32(rule->batch, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
    size_t data = netlink_nest(rule->batch, NFTA_IMMEDIATE_DATA);
    size_t nest = netlink_nest(rule->batch, NFTA_DATA_VERDICT);
    netlink_put_be32(rule->batch, NFTA_VERDICT_CODE, code);
    netlink_end(rule->batch, nest);
    netlink_end(rule->batch, data);
    nft_end(rule);
}

void nft_immediate(struct rule *rule, uint32_t where, const void *bytes, size_t size) {
    nft_begin(rule, "immediate");
    netlink_put_be32(rule->batch, NFTA_IMMEDIATE_DREG, where);
    nft_value(rule, NFTA_IMMEDIATE_DATA, bytes, size);
    nft_end(rule);
}

void nft_reject(struct rule *rule, uint32_t type, uint8_t code) {
    nft_begin(rule, "reject");
    netlink_put_be32(rule->batch, NFTA_REJECT_TYPE, type);
    netlink_put(rule->batch, NFTA_REJECT_ICMP_CODE, &code, 1);
    nft_end(rule);
}

/* Queue 0 of the namespace. The xtables form is for kernels that were built without the nft expression but with the compatibility layer. */
void nft_queue(struct rule *rule, int compat) {
    if (!compat) {
        nft_begin(rule, "queue");
        netlink_put_be16(rule->batch, NFTA_QUEUE_NUM, 0);
        netlink_put_be16(rule->batch, NFTA_QUEUE_TOTAL, 1);
        nft_end(rule);
        return;
    }
    uint8_t information[8] = {0}; /* struct xt_NFQ_info, padded as xtables wants it */
    nft_begin(rule, "target");
    netlink_put_text(rule->batch, NFTA_TARGET_NAME, "NFQUEUE");
    netlink_put_be32(rule->batch, NFTA_TARGET_REV, 0);
    netlink_put(rule->batch, NFTA_TARGET_INFO, information, sizeof information);
    nft_end(rule);
}

void nft_message(struct netlink *batch, uint16_t type, uint16_t flags) {
    struct nfgenmsg header = {.nfgen_family = NFPROTO_INET, .version = NFNETLINK_V0};
    netlink_message(batch, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type), flags, &header, sizeof header);
}

void nft_chain(struct netlink *batch, const char *name, uint32_t hook, int32_t priority, uint32_t policy) {
    nft_message(batch, NFT_MSG_NEWCHAIN, NLM_F_CREATE);
    netlink_put_text(batch, NFTA_CHAIN_TABLE, NFT_TABLE);
    netlink_put_text(batch, NFTA_CHAIN_NAME, name);
    netlink_put_text(batch, NFTA_CHAIN_TYPE, "filter");
    size_t nest = netlink_nest(batch, NFTA_CHAIN_HOOK);
    netlink_put_be32(batch, NFTA_HOOK_HOOKNUM, hook);
    netlink_put_be32(batch, NFTA_HOOK_PRIORITY, (uint32_t)priority);
    netlink_end(batch, nest);
    netlink_put_be32(batch, NFTA_CHAIN_POLICY, policy);
}

struct rule nft_rule_in(struct netlink *batch, const char *name, uint16_t flags) {
    nft_message(batch, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND | flags);
    netlink_put_text(batch, NFTA_RULE_TABLE, NFT_TABLE);
    netlink_put_text(batch, NFTA_RULE_CHAIN, name);
    struct rule rule = {.batch = batch};
    rule.expressions = netlink_nest(batch, NFTA_RULE_EXPRESSIONS);
    return rule;
}

void nft_done(struct rule *rule) { netlink_end(rule->batch, rule->expressions); }
