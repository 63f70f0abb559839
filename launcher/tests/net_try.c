/* Drives launcher/net by lines, for test_net.py: it takes slots and says where their namespaces are. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../net/net.h"

static void refused(void *arg, int number, const char *what, const char *setting) {
    (void)arg;
    printf("refused\t%d\t%s\t%s\n", number, what, setting);
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static void command(struct net *net, char *line) {
    char *word = strsep(&line, "\t"), *first = line != NULL ? strsep(&line, "\t") : NULL;
    if (strcmp(word, "take") == 0) {
        struct net_slot slot;
        double start = now();
        if (net_take(net, 5000, &slot) == 0 && net_policy(net, slot.number, first, line) == 0)
            printf("slot\t%d\t%d\t%s\t%.0f\n", slot.number, slot.netns, slot.address, now() - start);
        else
            printf("error\t%s\n", strerror(errno));
    } else if (strcmp(word, "release") == 0) {
        net_release(net, atoi(first));
        printf("released\n");
    } else if (strcmp(word, "close") == 0) {
        printf("closed\t%d\n", close(atoi(first)));
    } else if (strcmp(word, "valid") == 0) {
        printf("valid\t%d\n", net_policy_valid(first, line));
    }
}

/* net_try ROOT INSIDE PORTS POOL INSIDE_TLS PORT_TLS EVERYWHERE */
int main(int count, char **arguments) {
    struct net net;
    if (count != 8)
        return 2;
    struct net_config config = {.root = atoi(arguments[1]), .inside = arguments[2], .ports = arguments[3], .pool = atoi(arguments[4]),
                                .inside_tls = arguments[5], .tls_port = atoi(arguments[6]), .everywhere = arguments[7]};
    setvbuf(stdout, NULL, _IOLBF, 0);
    double start = now();
    if (net_start(&net, &config) != 0) {
        printf("failed\t%s\t%s\n", strerror(errno), net.why);
        return 1;
    }
    printf("ready\t%d\t%d\t%s\t%.0f\n", net.egress, net.pid, net.why, now() - start);
    char line[65536];
    size_t length = 0;
    for (;;) {
        struct pollfd sources[] = {{.fd = 0, .events = POLLIN}, {.fd = net_fd(&net), .events = POLLIN}};
        poll(sources, 2, -1);
        if (sources[1].revents != 0 && net_events(&net, refused, NULL) != 0) {
            printf("dead\n");
            return 3;
        }
        if (sources[0].revents == 0)
            continue;
        ssize_t got = read(0, line + length, sizeof line - length);
        if (got <= 0)
            return 0;
        length += (size_t)got;
        for (char *end; (end = memchr(line, '\n', length)) != NULL;) {
            *end = '\0';
            command(&net, line);
            length -= (size_t)(end + 1 - line);
            memmove(line, end + 1, length);
        }
    }
}
