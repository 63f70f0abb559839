/* The network of sandboxes, as the launcher sees it. Nothing of a sandbox's traffic touches the host's network stack but ordinary sockets of
 * an unprivileged process; docs/decisions/0005-network-by-sockets.md says why. */
#ifndef MAYFLY_NET_H
#define MAYFLY_NET_H

/* In every sandbox something of the launcher's listens on this port, on which no program can expect to: not a port of the program's. */
enum { NET_TAKE_PORT = 1 };

/* A connection to loopback with this SO_PRIORITY stays inside whatever its port: that of the init to a program that listens on one of the
 * platform's. A program that sets it reaches nothing but itself. No IP_TOS leads to this one: those make 0, 2, 4 and 6. */
enum { NET_STAY_PRIORITY = 5 };

struct net_config {
    const char *inside;        /* Unix socket of the gateway; NULL or "": platform ports are refused */
    const char *inside_tls;    /* the same, where it speaks TLS; NULL or "": tls_port is refused */
    const char *ports;         /* "7070,7101-7999": loopback ports that lead to `inside`; NULL or "": none */
    const char *everywhere;    /* those of them that do so at the host's other addresses, too; NULL or "": none */
    int tls_port;              /* the one of them that leads to `inside_tls`; 0: none */
    const char *domain;        /* the platform's domain; unused here, the init answers names */
    int pool;                  /* ready namespaces kept, at most 128; 0: 8 */
    int root;                  /* 1: the caller is root of the initial user namespace; 0: root of one of its own */
    unsigned unprivileged_uid; /* as root: what the helpers are outside; 0: 65534 */
};

struct net {
    int control;   /* socket of egress */
    int slots;     /* socket of the maker of namespaces; ready ones wait in it */
    int egress;    /* 1: sandboxes can reach out as their policy says; 0: they have loopback only */
    char why[200]; /* why not */
    int events;    /* private: what net_fd answers */
    int pool;      /* ready namespaces kept */
    int untold;    /* private: how many were taken without the maker's knowing yet */
    int pid;       /* of the maker, the only child of the caller; egress is the maker's */
};

struct net_slot {
    int number;       /* names the slot in net_release and in events; unique among live ones */
    int netns;        /* descriptor of the namespace, O_CLOEXEC; the caller closes it once the sandbox is inside */
    char address[16]; /* 198.18.a.b, unique among live ones */
};

/* Starts the two helpers and waits until the first namespace is ready. To be called single-threaded and early, from the network namespace
 * that sandboxes shall reach out of. Returns 0, or -1 with errno when no namespace could be made at all. The helpers end with the caller.
 * As root, sockets that exist at `inside` and `inside_tls` are given to unprivileged_uid, so that egress may connect to them. */
int net_start(struct net *net, const struct net_config *config);

/* Takes a ready slot, or waits so long for one. Returns 0, or -1 with errno: EAGAIN none is ready or came, EPIPE a helper died. */
int net_take(struct net *net, int milliseconds, struct net_slot *slot);

/* Sets the policy of a slot, once: until then its packets go nowhere. Returns 0, or -1 with errno: EINVAL a text that net_policy_valid
 * refuses, EPIPE a helper died. */
int net_policy(struct net *net, int number, const char *egress, const char *allow);

/* Readable when a slot is ready. */
int net_slots_fd(const struct net *net);

/* Has the maker replace what was taken. For quiet moments: a start that is under way should not share its processors with the making of the
 * next namespace. Where many were taken in a row, net_take does it by itself. */
void net_tend(struct net *net);

/* Ends the connections of a slot and closes what is held for it. The namespace goes with its last process. */
void net_release(struct net *net, int number);

/* Kills the maker, with which egress ends: the caller's orphan then. The last thing that is asked of it. */
void net_stop(struct net *net);

/* 1 when `egress` is none, internet, all or a list of CIDRs, and `allow` (may be NULL or "") a list of CIDR or CIDR:PORT ([v6/n]:PORT). */
int net_policy_valid(const char *egress, const char *allow);

/* Readable when net_events has something to do. */
int net_fd(const struct net *net);

/* Hands refused destinations to `refused`; never blocks. Returns -1 once a helper has died: no sandbox can be started any more. */
int net_events(struct net *net, void (*refused)(void *arg, int number, const char *what, const char *setting), void *arg);

#endif
