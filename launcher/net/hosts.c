#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "egress.h"

static struct {
    int count;
    struct address list[RESOLVERS];
    unsigned scope[RESOLVERS];
    struct timespec modified;
    int64_t looked; /* 0: never */
} resolvers;

int hosts_open(void) {
    int descriptor = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
    struct sockaddr_nl group = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR};
    if (descriptor < 0 || bind(descriptor, (struct sockaddr *)&group, sizeof group) != 0)
        return -1;
    hosts_addresses();
    if (egress.own.list != NULL)
        return descriptor;
    close(descriptor); /* unknown, the host's own addresses would be taken for anybody's */
    return -1;
}

void hosts_addresses(void) {
    struct ifaddrs *all;
    static struct address *list;
    size_t count = 0;
    if (getifaddrs(&all) != 0)
        return;
    for (struct ifaddrs *at = all; at != NULL; at = at->ifa_next)
        count++;
    struct address *room = realloc(list, (count + 1) * sizeof *list);
    if (room == NULL) {
        freeifaddrs(all);
        return;
    }
    list = room;
    count = 0;
    for (struct ifaddrs *at = all; at != NULL; at = at->ifa_next) {
        if (at->ifa_addr == NULL)
            continue;
        if (at->ifa_addr->sa_family == AF_INET)
            list[count++] = address_v4((uint8_t *)&((struct sockaddr_in *)at->ifa_addr)->sin_addr);
        else if (at->ifa_addr->sa_family == AF_INET6)
            memcpy(&list[count++], &((struct sockaddr_in6 *)at->ifa_addr)->sin6_addr, sizeof *list);
    }
    egress.own.list = list;
    egress.own.count = count;
    freeifaddrs(all);
}

void hosts_changed(int descriptor) {
    char message[8192];
    /* What changed does not matter, nor whether a message was lost: all are read again. */
    for (int i = 0; i < 64 && (recv(descriptor, message, sizeof message, 0) > 0 || errno == ENOBUFS); i++)
        ;
    hosts_addresses();
}

static void add_resolver(char *text) {
    uint8_t four[4];
    char *scope = strchr(text, '%');
    struct address *address = &resolvers.list[resolvers.count];
    resolvers.scope[resolvers.count] = 0;
    if (scope != NULL) {
        *scope = '\0';
        resolvers.scope[resolvers.count] = if_nametoindex(scope + 1);
    }
    if (inet_pton(AF_INET, text, four) == 1)
        *address = address_v4(four);
    else if (inet_pton(AF_INET6, text, address->bytes) != 1)
        return;
    resolvers.count++;
}

static void read_resolvers(void) {
    struct stat status = {0};
    char line[256], text[128], loopback[] = "127.0.0.1";
    if (resolvers.looked != 0 && egress.now - resolvers.looked < 1000)
        return;
    resolvers.looked = egress.now;
    if (stat("/etc/resolv.conf", &status) == 0 &&
        memcmp(&status.st_mtim, &resolvers.modified, sizeof status.st_mtim) == 0 && resolvers.count > 0)
        return;
    FILE *file = fopen("/etc/resolv.conf", "re");
    resolvers.count = 0;
    if (file != NULL) {
        resolvers.modified = status.st_mtim;
        while (fgets(line, sizeof line, file) != NULL && resolvers.count < RESOLVERS)
            if (sscanf(line, "nameserver %127s", text) == 1)
                add_resolver(text);
        fclose(file);
    }
    /* As the C library does it. */
    if (resolvers.count == 0)
        add_resolver(loopback);
}

unsigned hosts_socket_address(struct sockaddr_storage *socket_address, const struct address *address, uint16_t port) {
    memset(socket_address, 0, sizeof *socket_address);
    if (address_is_v4(address)) {
        struct sockaddr_in *four = (struct sockaddr_in *)socket_address;
        four->sin_family = AF_INET;
        four->sin_port = htons(port);
        memcpy(&four->sin_addr, address->bytes + 12, 4);
        return sizeof *four;
    }
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)socket_address;
    six->sin6_family = AF_INET6;
    six->sin6_port = htons(port);
    memcpy(&six->sin6_addr, address->bytes, 16);
    return sizeof *six;
}

void hosts_address(const struct sockaddr_storage *socket_address, struct address *address, uint16_t *port) {
    if (socket_address->ss_family == AF_INET) {
        const struct sockaddr_in *four = (const struct sockaddr_in *)socket_address;
        *address = address_v4((const uint8_t *)&four->sin_addr);
        *port = ntohs(four->sin_port);
    } else {
        const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)socket_address;
        memcpy(address->bytes, &six->sin6_addr, 16);
        *port = ntohs(six->sin6_port);
    }
}

int hosts_is_resolver(const struct key *key) {
    static const uint8_t address[4] = {198, 18, 0, 1};
    struct address resolver = address_v4(address);
    return key->destination_port == 53 && memcmp(&key->destination, &resolver, sizeof resolver) == 0;
}

int hosts_resolver(int index, struct sockaddr_storage *address, unsigned *length) {
    read_resolvers();
    if (index >= resolvers.count)
        return -1;
    *length = hosts_socket_address(address, &resolvers.list[index], 53);
    if (address->ss_family == AF_INET6)
        ((struct sockaddr_in6 *)address)->sin6_scope_id = resolvers.scope[index];
    return 0;
}
