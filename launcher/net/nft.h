/* Puts nftables chains, rules and expressions into a netlink batch. */
#ifndef MAYFLY_NET_NFT_H
#define MAYFLY_NET_NFT_H

#include <stddef.h>
#include <stdint.h>

#include "netlink.h"

#define NFT_TABLE "mayfly"

/* A rule is a list of expressions that load register 1 and compare it; the rule ends early when a comparison fails. */
struct rule {
    struct netlink *batch;
    size_t expressions, element, data;
};

void nft_message(struct netlink *batch, uint16_t type, uint16_t flags);
void nft_chain(struct netlink *batch, const char *name, uint32_t hook, int32_t priority, uint32_t policy);
struct rule nft_rule_in(struct netlink *batch, const char *chain, uint16_t flags);
void nft_done(struct rule *rule);

void nft_begin(struct rule *rule, const char *expression);
void nft_end(struct rule *rule);
void nft_compare(struct rule *rule, uint32_t operation, const void *bytes, size_t size);
void nft_if_byte(struct rule *rule, uint32_t meta_key, uint8_t byte);
void nft_if_mark(struct rule *rule, uint32_t mark);
void nft_if_priority(struct rule *rule, uint32_t priority);
void nft_load(struct rule *rule, uint32_t base, uint32_t offset, uint32_t size);
void nft_mask(struct rule *rule, const void *bits, uint32_t size);
void nft_verdict(struct rule *rule, uint32_t code);
void nft_immediate(struct rule *rule, uint32_t to_register, const void *bytes, size_t size);
void nft_reject(struct rule *rule, uint32_t type, uint8_t code);
void nft_queue(struct rule *rule, int compat);

#endif
