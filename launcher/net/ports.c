#include <stdlib.h>
#include <string.h>

#include "rules.h"

int ports_have(const struct ports *ports, uint16_t port) {
    for (int i = 0; i < ports->count; i++)
        if (ports->first[i] <= port && port <= ports->last[i])
            return 1;
    return 0;
}

int ports_parse(struct ports *ports, const char *text) {
    memset(ports, 0, sizeof *ports);
    if (text == NULL || *text == '\0')
        return 0;
    for (const char *at = text;; at++) {
        char *end;
        if (*at < '0' || *at > '9' || ports->count == PORT_RANGES)
            return -1;
        long first = strtol(at, &end, 10), last = first;
        if (*end == '-') {
            if (end[1] < '0' || end[1] > '9')
                return -1;
            last = strtol(end + 1, &end, 10);
        }
        if (first < 1 || last < first || last > 65535 || (*end != '\0' && *end != ','))
            return -1;
        ports->first[ports->count] = (uint16_t)first;
        ports->last[ports->count++] = (uint16_t)last;
        if (*end == '\0')
            return 0;
        at = end;
    }
}
