#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "egress.h"

#define ROUND_BYTES (1 << 20) /* of one direction, before the others have their turn */

enum progress { WAITS, HAS_MORE, FAILED };

/* What was read and not taken is kept, and nothing more is read until it is: one read is the most that a direction ever holds. */
static int keep(struct half *half, const uint8_t *bytes, size_t size) {
    half->bytes = malloc(size);
    if (half->bytes == NULL)
        return -1;
    memcpy(half->bytes, bytes, size);
    half->at = 0;
    half->size = size;
    return 0;
}

static ssize_t deliver(struct source *to, const uint8_t *bytes, size_t size) {
    ssize_t sent;
    do
        sent = send(to->descriptor, bytes, size, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent < 0 && errno == EAGAIN ? 0 : sent;
}

static enum progress flush(struct half *half, struct source *to) {
    while (half->at < half->size) {
        ssize_t sent = deliver(to, half->bytes + half->at, half->size - half->at);
        if (sent <= 0)
            return sent == 0 ? WAITS : FAILED;
        half->at += (size_t)sent;
    }
    free(half->bytes);
    half->bytes = NULL;
    half->at = half->size = 0;
    return HAS_MORE;
}

static enum progress finish(struct half *half, struct source *to) {
    if (!half->finished && shutdown(to->descriptor, SHUT_WR) != 0 && errno != ENOTCONN)
        return FAILED;
    half->finished = 1;
    return WAITS;
}

static enum progress carry(struct half *half, struct source *from, struct source *to) {
    static uint8_t buffer[64 * 1024];
    size_t round = 0;
    if (half->broken)
        return FAILED;
    for (;;) {
        if (half->bytes != NULL) {
            enum progress progress = flush(half, to);
            if (progress != HAS_MORE)
                return progress;
        }
        if (half->ended)
            return finish(half, to);
        if (!half->readable)
            return WAITS;
        if (round >= ROUND_BYTES)
            return HAS_MORE;
        ssize_t got = recv(from->descriptor, buffer, sizeof buffer, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && errno != EAGAIN)
            return FAILED;
        if (got == 0) {
            half->ended = 1;
            continue;
        }
        /* A short read has emptied the socket, and an event comes with the next bytes; unless the end is in it, which has come already. */
        if (got < 0 || ((size_t)got < sizeof buffer && !half->last))
            half->readable = 0;
        if (got < 0)
            continue;
        round += (size_t)got;
        ssize_t sent = deliver(to, buffer, (size_t)got);
        if (sent < 0 || (sent < got && keep(half, buffer + sent, (size_t)(got - sent)) != 0))
            return FAILED;
        if (sent < got)
            return WAITS;
    }
}

static void work(struct connection *connection) {
    enum progress up = carry(&connection->up, &connection->inside, &connection->outside);
    enum progress down = up == FAILED ? FAILED : carry(&connection->down, &connection->outside, &connection->inside);
    net_list_remove(&connection->ready);
    if (up == FAILED || down == FAILED)
        tcp_end(connection, 1);
    else if (connection->up.finished && connection->down.finished)
        tcp_end(connection, 0);
    else if (up == HAS_MORE || down == HAS_MORE)
        net_list_add(&egress.ready, &connection->ready);
}

void relay_start(struct connection *connection) {
    connection->up.readable = connection->down.readable = 1;
    work(connection);
}

void relay_note(struct connection *connection, struct source *source, uint32_t events) {
    struct half *half = source == &connection->inside ? &connection->up : &connection->down;
    if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
        half->readable = 1;
    if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
        half->last = 1;
    /* It had ended before and was reset since: reading, which would tell, is over. */
    if ((events & EPOLLERR) && half->ended)
        half->broken = 1;
}

void relay_event(struct connection *connection) { work(connection); }

void relay_continue(void) {
    struct list round;
    if (net_list_empty(&egress.ready))
        return;
    /* Those that still have more go behind the events of the next round. */
    net_list_init(&round);
    while (!net_list_empty(&egress.ready)) {
        struct list *item = egress.ready.next;
        net_list_remove(item);
        net_list_add(&round, item);
    }
    while (!net_list_empty(&round)) {
        struct connection *connection = OWNER(round.next, struct connection, ready);
        net_list_remove(&connection->ready);
        work(connection);
    }
}
