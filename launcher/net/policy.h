/* Where a sandbox may connect to: a pure function of the address, the port, and the host's own addresses. */
#ifndef MAYFLY_NET_POLICY_H
#define MAYFLY_NET_POLICY_H

#include <stddef.h>
#include <stdint.h>

#define POLICY_ENTRIES 128

enum policy_base { POLICY_NONE, POLICY_INTERNET, POLICY_ALL, POLICY_LIST };

/* Both families in one shape: an IPv4 address is the last four bytes of its IPv4-mapped IPv6 form. */
struct address {
    uint8_t bytes[16];
};

struct cidr {
    struct address address;
    uint16_t port; /* 0: every port */
    uint8_t bits;  /* 0 to 128, counted in the mapped form */
    uint8_t pad;
};

struct policy {
    uint32_t base;
    uint32_t count;
    struct cidr entries[POLICY_ENTRIES];
};

struct own_addresses {
    size_t count;
    const struct address *list;
};

struct address address_v4(const uint8_t bytes[4]);
int address_is_v4(const struct address *address);

/* 0, or -1 when a text is not what net_policy_valid describes. */
int policy_parse(struct policy *policy, const char *egress, const char *allow);

int policy_allows(const struct policy *policy, const struct own_addresses *own, const struct address *to, uint16_t port);

/* Whether an address is the host's, also in the clothes of another kind. */
int policy_is_own(const struct own_addresses *own, const struct address *to);

/* Bytes of a policy that count; what lies behind its last entry need not be sent. */
size_t policy_size(const struct policy *policy);

/* `10.0.0.5:5432` or `[fd00::1]:53`. */
void address_text(char *text, size_t size, const struct address *address, uint16_t port);

/* The setting that would open a refused destination, or a sentence that says that none does. */
void policy_setting(char *text, size_t size, const struct address *to);

#endif
