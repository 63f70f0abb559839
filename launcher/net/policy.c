#include "policy.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net.h"

/* What an address is, before any policy. PRIVATE opens with `all` or any list that holds it. GUARDED holds link-local addresses and the
 * places where clouds serve credentials: only a CIDR that lies within the guarded range opens it, so that 0.0.0.0/0 in a list is no accident.
 * NEVER has no meaning as a destination outside. LOOPBACK is the sandbox's own inside, so it can only mean the host's by a trick. */
enum kind { PUBLIC, PRIVATE, GUARDED, LOOPBACK, NEVER };

struct range {
    const char *text;
    uint8_t bits;
    enum kind kind;
};

/* The first match counts. RFC 6890 and the metadata services of AWS, Google, Azure, Alibaba and Oracle. The three documentation networks of
 * RFC 5737 are left PUBLIC: laboratories use them as if they were. */
static const struct range ranges[] = {
    {"127.0.0.0", 8, LOOPBACK},      {"0.0.0.0", 8, NEVER},         {"169.254.0.0", 16, GUARDED},
    {"100.100.100.200", 32, GUARDED}, {"168.63.129.16", 32, GUARDED}, {"192.0.0.192", 32, GUARDED},
    {"10.0.0.0", 8, PRIVATE},        {"100.64.0.0", 10, PRIVATE},   {"172.16.0.0", 12, PRIVATE},
    {"192.168.0.0", 16, PRIVATE},    {"192.0.0.0", 24, PRIVATE},    {"198.18.0.0", 15, PRIVATE},
    {"224.0.0.0", 4, NEVER},         {"255.255.255.255", 32, NEVER}, {"240.0.0.0", 4, PRIVATE},
    {"0.0.0.0", 0, PUBLIC},          {"::1", 128, LOOPBACK},        {"fd00:ec2::254", 128, GUARDED},
    {"fd20:ce::254", 128, GUARDED},  {"fe80::", 10, GUARDED},       {"fc00::", 7, PRIVATE},
    {"2001::", 32, NEVER},           {"2000::", 3, PUBLIC},         {"::", 0, NEVER},
};

struct address address_v4(const uint8_t bytes[4]) {
    struct address address = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, bytes[0], bytes[1], bytes[2], bytes[3]}};
    return address;
}

int address_is_v4(const struct address *address) {
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    return memcmp(address->bytes, mapped, sizeof mapped) == 0;
}

static int within(const struct address *address, const struct address *network, unsigned bits) {
    unsigned whole = bits / 8, rest = bits % 8;
    if (memcmp(address->bytes, network->bytes, whole) != 0)
        return 0;
    return rest == 0 || ((address->bytes[whole] ^ network->bytes[whole]) >> (8 - rest)) == 0;
}

/* Reads `1.2.3.4` or `fd00::1`; the number of bits of the family, or -1. */
static int read_address(const char *text, struct address *address) {
    uint8_t four[4];
    if (inet_pton(AF_INET, text, four) == 1) {
        *address = address_v4(four);
        return 32;
    }
    /* A mapped address written as IPv6 would be judged as the other family than it reads. */
    if (inet_pton(AF_INET6, text, address->bytes) == 1 && !address_is_v4(address))
        return 128;
    return -1;
}

static const struct range *range_of(const struct address *to, struct address *network, unsigned *bits) {
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        int family = read_address(ranges[i].text, network);
        *bits = ranges[i].bits + (128u - (unsigned)family);
        if (within(to, network, *bits))
            return &ranges[i];
    }
    *bits = 0;
    return NULL;
}

/* NAT64 and 6to4 carry an IPv4 address that a gateway on the way would unpack: it is the one that counts. */
static struct address unpacked(const struct address *to) {
    static const uint8_t nat64[12] = {0, 0x64, 0xff, 0x9b};
    if (memcmp(to->bytes, nat64, sizeof nat64) == 0)
        return address_v4(to->bytes + 12);
    if (to->bytes[0] == 0x20 && to->bytes[1] == 0x02)
        return address_v4(to->bytes + 2);
    return *to;
}

static int is_own(const struct own_addresses *own, const struct address *to) {
    for (size_t i = 0; i < own->count; i++)
        if (memcmp(&own->list[i], to, sizeof *to) == 0)
            return 1;
    return 0;
}

int policy_is_own(const struct own_addresses *own, const struct address *destination) {
    struct address to = unpacked(destination);
    return is_own(own, &to);
}

int policy_allows(const struct policy *policy, const struct own_addresses *own, const struct address *destination, uint16_t port) {
    struct address to = unpacked(destination), network;
    unsigned bits;
    const struct range *range = range_of(&to, &network, &bits);
    enum kind kind = range != NULL ? range->kind : NEVER;
    int mine = is_own(own, &to);
    if (kind == NEVER || kind == LOOPBACK)
        return 0;
    if (policy->base == POLICY_INTERNET && kind == PUBLIC && !mine)
        return 1;
    if (policy->base == POLICY_ALL && (kind == PUBLIC || kind == PRIVATE))
        return 1;
    for (uint32_t i = 0; i < policy->count; i++) {
        const struct cidr *entry = &policy->entries[i];
        if ((entry->port != 0 && entry->port != port) || !within(&to, &entry->address, entry->bits))
            continue;
        if (kind == GUARDED && entry->bits < bits)
            continue;
        /* A wide network that happens to hold the host's own address is not meant to open the host. */
        if (mine && entry->bits != 128)
            continue;
        return 1;
    }
    return 0;
}

/* Reads `10.0.0.0/8`, `10.0.0.5`, and, where ports are allowed, `10.0.0.5/32:5432` or `[fd00::/8]:53`. */
static int read_cidr(char *text, struct cidr *cidr, int ports) {
    char *port = NULL;
    memset(cidr, 0, sizeof *cidr);
    if (text[0] == '[') {
        char *end = strchr(text, ']');
        if (end == NULL || (end[1] != '\0' && end[1] != ':'))
            return -1;
        port = end[1] == ':' ? end + 2 : NULL;
        *end = '\0';
        text++;
        if (strchr(text, ':') == NULL)
            return -1;
    } else {
        char *colon = strchr(text, ':');
        if (colon != NULL && strchr(colon + 1, ':') == NULL) {
            *colon = '\0';
            port = colon + 1;
        }
    }
    if (port != NULL) {
        char *end;
        long number = strtol(port, &end, 10);
        if (!ports || *port < '0' || *port > '9' || *end != '\0' || number < 1 || number > 65535)
            return -1;
        cidr->port = (uint16_t)number;
    }
    char *slash = strchr(text, '/');
    if (slash != NULL)
        *slash = '\0';
    int family = read_address(text, &cidr->address);
    if (family < 0)
        return -1;
    long bits = family;
    if (slash != NULL) {
        char *end;
        bits = strtol(slash + 1, &end, 10);
        if (slash[1] < '0' || slash[1] > '9' || *end != '\0' || bits > family)
            return -1;
    }
    cidr->bits = (uint8_t)(bits + (128 - family));
    /* 10.0.0.5/8 is more likely a slip for one host than meant as a whole network. */
    for (unsigned bit = cidr->bits; bit < 128; bit++)
        if (cidr->address.bytes[bit / 8] & (0x80 >> bit % 8))
            return -1;
    return 0;
}

static int read_list(struct policy *policy, const char *text, int ports) {
    const char *at = text;
    for (;;) {
        size_t length = strcspn(at, ",");
        char item[64];
        if (length == 0 || length >= sizeof item || policy->count == POLICY_ENTRIES)
            return -1;
        memcpy(item, at, length);
        item[length] = '\0';
        if (read_cidr(item, &policy->entries[policy->count], ports) != 0)
            return -1;
        policy->count++;
        if (at[length] == '\0')
            return 0;
        at += length + 1;
    }
}

int policy_parse(struct policy *policy, const char *egress, const char *allow) {
    memset(policy, 0, sizeof *policy);
    if (egress == NULL)
        return -1;
    if (strcmp(egress, "none") == 0)
        policy->base = POLICY_NONE;
    else if (strcmp(egress, "internet") == 0)
        policy->base = POLICY_INTERNET;
    else if (strcmp(egress, "all") == 0)
        policy->base = POLICY_ALL;
    else {
        policy->base = POLICY_LIST;
        if (read_list(policy, egress, 0) != 0)
            return -1;
    }
    return allow == NULL || *allow == '\0' ? 0 : read_list(policy, allow, 1);
}

int net_policy_valid(const char *egress, const char *allow) {
    struct policy policy;
    return policy_parse(&policy, egress, allow) == 0;
}

size_t policy_size(const struct policy *policy) {
    return offsetof(struct policy, entries) + policy->count * sizeof policy->entries[0];
}

static void host_text(char *text, size_t size, const struct address *address) {
    if (address_is_v4(address))
        inet_ntop(AF_INET, address->bytes + 12, text, (socklen_t)size);
    else
        inet_ntop(AF_INET6, address->bytes, text, (socklen_t)size);
}

void address_text(char *text, size_t size, const struct address *address, uint16_t port) {
    char host[INET6_ADDRSTRLEN];
    host_text(host, sizeof host, address);
    snprintf(text, size, address_is_v4(address) ? "%s:%u" : "[%s]:%u", host, port);
}

void policy_setting(char *text, size_t size, const struct address *destination) {
    struct address to = unpacked(destination), network;
    unsigned bits;
    const struct range *range = range_of(&to, &network, &bits);
    char host[INET6_ADDRSTRLEN];
    if (range == NULL || range->kind == NEVER) {
        snprintf(text, size, "no setting opens this address");
        return;
    }
    if (range->kind == LOOPBACK) {
        snprintf(text, size, "no setting opens the host's loopback");
        return;
    }
    host_text(host, sizeof host, &to);
    snprintf(text, size, "egress: [%s/%d]", host, address_is_v4(&to) ? 32 : 128);
}
