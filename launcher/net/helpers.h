/* The two processes that net_start makes. Neither function returns. */
#ifndef MAYFLY_NET_HELPERS_H
#define MAYFLY_NET_HELPERS_H

#include "rules.h"

/* A Unix socket of the gateway. */
struct face {
    const char *path; /* or /proc/self/fd/N of the socket itself; NULL: there is none */
    char own[32];     /* where that path is, if it is one of /proc */
    int keep;         /* a descriptor that both keep open, or -1 */
};

struct helpers {
    struct face inside, inside_tls;
    struct ports ports, everywhere;
    uint16_t tls_port; /* leads to inside_tls; 0: none does */
    int pool;
    int six;        /* the host can reach IPv6 addresses */
};

/* Makes network namespaces: `launcher` and `egress` are SEQPACKET sockets. */
_Noreturn void maker_run(const struct helpers *helpers, int launcher, int egress);

/* Carries the traffic of all sandboxes. */
_Noreturn void egress_run(const struct helpers *helpers, int launcher, int maker);

/* What both do first: no descriptors but those named, no privileges to gain, an end with the parent. */
void helper_confine(const char *name, const int *keep, int count);

/* Drops every capability but those in `mask` (bits of CAP_*) for good. */
void helper_capabilities(unsigned long long mask);

/* Leaves egress the system calls it needs, on the architectures known here: no program can be started and no namespace entered. */
void helper_calls(void);

#endif
