#include "net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "helpers.h"
#include "wire.h"

#define POOL_MOST 128 /* ready ones wait in a socket, whose buffer holds some 280 */
#define START_MILLISECONDS 15000 /* the first use of nftables may load modules */
#define UNPRIVILEGED 65534

static int write_map(pid_t pid, const char *name, unsigned outside) {
    char path[64], text[32];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    int length = snprintf(text, sizeof text, "0 %u 1\n", outside);
    int descriptor = open(path, O_WRONLY | O_CLOEXEC);
    if (descriptor < 0)
        return -1;
    int result = write(descriptor, text, (size_t)length) == length ? 0 : -1, error = errno;
    close(descriptor);
    errno = error;
    return result;
}

/* In the child: a user namespace of its own, in which it is root over the network namespaces it makes and over nothing else. */
static int enter_user_namespace(int parent) {
    char byte = 0;
    if (unshare(CLONE_NEWUSER) != 0)
        return -1;
    if (write(parent, &byte, 1) != 1 || read(parent, &byte, 1) != 1)
        _exit(1);
    if (setresgid(0, 0, 0) != 0)
        return -1;
    /* Where the launcher's own namespace denies setgroups there are none to drop. */
    if (setgroups(0, NULL) != 0 && errno != EPERM)
        return -1;
    return setresuid(0, 0, 0);
}

/* The host has a way to IPv6 addresses: then sandboxes get one; else their attempts fail at once, as they would outside. */
static int reaches_six(void) {
    struct sockaddr_in6 anywhere = {.sin6_family = AF_INET6, .sin6_port = htons(53), .sin6_addr = {{{0x20, 0, [15] = 1}}}};
    int descriptor = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0)
        return 0;
    int result = connect(descriptor, (struct sockaddr *)&anywhere, sizeof anywhere) == 0;
    close(descriptor);
    return result;
}

/* The runtime directory is closed to the unprivileged user that egress is, so it gets the gateway's sockets by descriptor. */
static void open_face(const struct net_config *config, const char *path, struct face *face) {
    struct stat status;
    face->path = path == NULL || *path == '\0' ? NULL : path;
    face->keep = -1;
    if (face->path == NULL || !config->root)
        return;
    int descriptor = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (descriptor < 0)
        return;
    unsigned owner = config->unprivileged_uid != 0 ? config->unprivileged_uid : UNPRIVILEGED;
    if (fstat(descriptor, &status) != 0 || !S_ISSOCK(status.st_mode) || fchownat(descriptor, "", owner, (gid_t)-1, AT_EMPTY_PATH) != 0) {
        close(descriptor);
        return;
    }
    face->keep = descriptor;
    snprintf(face->own, sizeof face->own, "/proc/self/fd/%d", descriptor);
    face->path = face->own;
}

static void close_face(const struct face *face) {
    if (face->keep >= 0)
        close(face->keep);
}

static int parse_ports(const struct net_config *config, struct helpers *helpers) {
    helpers->tls_port = (uint16_t)config->tls_port;
    return ports_parse(&helpers->ports, config->ports) != 0 || ports_parse(&helpers->everywhere, config->everywhere) != 0 ? -1 : 0;
}

static _Noreturn void run_helpers(const struct helpers *helpers, int parent, int control, int slots) {
    int pair[2];
    if (enter_user_namespace(parent) != 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
        struct wire_ready ready = {.error = errno};
        snprintf(ready.why, sizeof ready.why, "user namespace: %s", strerror(errno));
        net_wire_send(slots, &ready, sizeof ready, NULL, 0, 0);
        _exit(1);
    }
    pid_t egress = fork();
    if (egress < 0)
        _exit(1);
    if (egress == 0)
        egress_run(helpers, control, pair[1]);
    maker_run(helpers, slots, pair[0]);
}

static int await_first(struct net *net) {
    struct wire_ready ready;
    struct pollfd waiting = {.fd = net->slots, .events = POLLIN};
    if (poll(&waiting, 1, START_MILLISECONDS) != 1) {
        errno = ETIMEDOUT;
        return -1;
    }
    ssize_t size = net_wire_receive(net->slots, &ready, sizeof ready, NULL, 0, 0);
    if (size != sizeof ready) {
        errno = EPIPE;
        return -1;
    }
    net->egress = ready.egress != 0;
    snprintf(net->why, sizeof net->why, "%.*s", (int)sizeof ready.why - 1, ready.why);
    errno = ready.error;
    return ready.error == 0 ? 0 : -1;
}

/* Not for a HUP of `slots` alone is it watched without EPOLLIN: ready namespaces wait in it all the time. */
static int watch(struct net *net) {
    struct epoll_event control = {.events = EPOLLIN}, slots = {.events = 0};
    net->events = epoll_create1(EPOLL_CLOEXEC);
    return net->events >= 0 && epoll_ctl(net->events, EPOLL_CTL_ADD, net->control, &control) == 0 &&
                   epoll_ctl(net->events, EPOLL_CTL_ADD, net->slots, &slots) == 0
               ? 0
               : -1;
}

static void close_all(struct net *net) {
    int error = errno;
    if (net->control >= 0)
        close(net->control);
    if (net->slots >= 0)
        close(net->slots);
    if (net->events >= 0)
        close(net->events);
    if (net->pid > 0)
        while (waitpid(net->pid, NULL, 0) < 0 && errno == EINTR)
            ;
    errno = error;
}

void net_stop(struct net *net) {
    if (net->pid > 0)
        kill(net->pid, SIGKILL);
    close_all(net);
}

static int map_child(const struct net_config *config, pid_t pid, int child) {
    unsigned outside = config->root ? (config->unprivileged_uid != 0 ? config->unprivileged_uid : UNPRIVILEGED) : 0;
    char byte;
    /* At the end of file the child has failed, and says why on its socket. */
    if (read(child, &byte, 1) != 1)
        return 0;
    if (write_map(pid, "uid_map", outside) != 0 || write_map(pid, "gid_map", outside) != 0)
        return -1;
    return write(child, &byte, 1) == 1 ? 0 : -1;
}

int net_start(struct net *net, const struct net_config *config) {
    int control[2], slots[2], child[2];
    struct helpers helpers = {.six = reaches_six()};
    *net = (struct net){.control = -1, .slots = -1, .events = -1};
    if (parse_ports(config, &helpers) != 0) {
        errno = EINVAL;
        return -1;
    }
    helpers.pool = net->pool = config->pool > 0 ? (config->pool < POOL_MOST ? config->pool : POOL_MOST) : 8;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control) != 0)
        return -1;
    net->control = control[0];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, slots) != 0) {
        close(control[1]);
        close_all(net);
        return -1;
    }
    net->slots = slots[0];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, child) != 0) {
        close(control[1]);
        close(slots[1]);
        close_all(net);
        return -1;
    }
    open_face(config, config->inside, &helpers.inside);
    open_face(config, config->inside_tls, &helpers.inside_tls);
    net->pid = fork();
    if (net->pid == 0) {
        close(child[0]);
        run_helpers(&helpers, child[1], control[1], slots[1]);
    }
    int error = errno;
    close(control[1]);
    close(slots[1]);
    close(child[1]);
    close_face(&helpers.inside);
    close_face(&helpers.inside_tls);
    errno = error;
    int result = net->pid < 0 || map_child(config, net->pid, child[0]) != 0 ? -1 : 0;
    error = errno;
    close(child[0]);
    errno = error;
    if (result != 0 || await_first(net) != 0 || watch(net) != 0) {
        close_all(net);
        return -1;
    }
    return 0;
}

int net_slots_fd(const struct net *net) { return net->slots; }

int net_take(struct net *net, int milliseconds, struct net_slot *slot) {
    struct wire_pool_message taken = {.kind = WIRE_TAKEN};
    struct wire_ready ready = {0};
    struct pollfd waiting = {.fd = net->slots, .events = POLLIN};
    int readable;
    do
        readable = poll(&waiting, 1, milliseconds);
    while (readable < 0 && errno == EINTR);
    if (readable != 1) {
        net_tend(net); /* what was taken is to be replaced now */
        errno = readable == 0 ? EAGAIN : errno;
        return -1;
    }
    ssize_t size = net_wire_receive(net->slots, &ready, sizeof ready, &slot->netns, 1, MSG_DONTWAIT);
    slot->number = (int)ready.number;
    if (size != sizeof ready || slot->netns < 0) {
        /* Its descriptor found no place in this process: the slot is gone, and another takes its turn. */
        if (ready.number != 0) {
            taken.number = ready.number;
            net_wire_send(net->slots, &taken, sizeof taken, NULL, 0, 0);
            net_release(net, slot->number);
        }
        errno = size == 0 ? EPIPE : EMFILE;
        return -1;
    }
    memcpy(slot->address, ready.address, sizeof slot->address);
    if (++net->untold * 2 > net->pool)
        net_tend(net);
    return 0;
}

int net_policy(struct net *net, int number, const char *egress, const char *allow) {
    struct wire_control_message control = {.kind = WIRE_POLICY, .number = (uint32_t)number};
    if (policy_parse(&control.policy, egress, allow) != 0) {
        errno = EINVAL;
        return -1;
    }
    size_t length = offsetof(struct wire_control_message, policy) + policy_size(&control.policy);
    if (net->egress && net_wire_send(net->control, &control, length, NULL, 0, 0) != 0) {
        errno = EPIPE;
        return -1;
    }
    return 0;
}

void net_tend(struct net *net) {
    struct wire_pool_message taken = {.kind = WIRE_TAKEN};
    /* A failure means that the maker is dead, which net_events tells. */
    for (; net->untold > 0; net->untold--)
        net_wire_send(net->slots, &taken, sizeof taken, NULL, 0, 0);
}

void net_release(struct net *net, int number) {
    struct wire_pool_message released = {.kind = WIRE_RELEASED, .number = (uint32_t)number};
    struct wire_control_message control = {.kind = WIRE_RELEASE, .number = (uint32_t)number};
    /* A failure means that a helper is dead, which net_events tells. Egress first: the number may then be given again. */
    if (net->egress)
        net_wire_send(net->control, &control, offsetof(struct wire_control_message, policy), NULL, 0, 0);
    net_wire_send(net->slots, &released, sizeof released, NULL, 0, 0);
}

int net_fd(const struct net *net) { return net->events; }

int net_events(struct net *net, void (*refused)(void *arg, int number, const char *what, const char *setting), void *arg) {
    struct pollfd slots = {.fd = net->slots, .events = 0};
    for (;;) {
        struct wire_refused message;
        ssize_t size = net_wire_receive(net->control, &message, sizeof message, NULL, 0, MSG_DONTWAIT);
        if (size < 0 && errno == EAGAIN)
            break;
        if (size != sizeof message)
            return -1;
        message.what[sizeof message.what - 1] = message.setting[sizeof message.setting - 1] = '\0';
        refused(arg, (int)message.number, message.what, message.setting);
    }
    return poll(&slots, 1, 0) > 0 && (slots.revents & (POLLHUP | POLLERR)) != 0 ? -1 : 0;
}
