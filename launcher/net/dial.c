#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "egress.h"

static int connect_outside(struct connection *connection, int family, const void *address, socklen_t length) {
    int one = 1, descriptor = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0)
        return -1;
    if (egress_watch(&connection->outside, SOURCE_OUTSIDE, descriptor, connection, STREAM_EVENTS) != 0) {
        egress_unwatch(&connection->outside);
        return -1;
    }
    tcp_bound(connection, descriptor);
    if (family != AF_UNIX) {
        setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one);
    }
    if (connect(descriptor, address, length) == 0)
        return 1;
    if (errno == EINPROGRESS)
        return 0;
    int error = errno;
    egress_unwatch(&connection->outside);
    errno = error;
    return -1;
}

static int connect_platform(struct connection *connection) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char line[80];
    const struct helpers *helpers = egress.helpers;
    const char *path = connection->key.destination_port == helpers->tls_port ? helpers->inside_tls.path : helpers->inside.path;
    if (path == NULL || strlen(path) >= sizeof address.sun_path)
        return -1;
    strcpy(address.sun_path, path);
    if (connect_outside(connection, AF_UNIX, &address, sizeof address) != 1)
        return errno == EAGAIN ? 0 : -1;
    /* The gateway must know which sandbox calls. The slot's address says it: the packet's could be any that the sandbox likes. */
    const uint8_t *from = connection->slot->address;
    int length = snprintf(line, sizeof line, "PROXY TCP4 %d.%d.%d.%d 127.0.0.1 %d %d\r\n", from[0], from[1], from[2], from[3],
                          connection->key.source_port, connection->key.destination_port);
    return send(connection->outside.descriptor, line, (size_t)length, MSG_NOSIGNAL) == length ? 1 : -1;
}

int tcp_dial(struct connection *connection) {
    struct sockaddr_storage address;
    unsigned length;
    if (connection->platform)
        return connect_platform(connection);
    if (connection->server < 0) {
        length = hosts_socket_address(&address, &connection->key.destination, connection->key.destination_port);
        return connect_outside(connection, address.ss_family, &address, length);
    }
    for (; hosts_resolver(connection->server, &address, &length) == 0; connection->server++) {
        int result = connect_outside(connection, address.ss_family, &address, length);
        if (result >= 0)
            return result;
    }
    return -1;
}
