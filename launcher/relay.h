/*
 * For programs that only know TCP: finds the port on which the program listens and carries each request to it. One connection is one request,
 * whose number is taken out of its head and told to the server.
 */
#ifndef MAYFLY_RELAY_H
#define MAYFLY_RELAY_H

#include "dial.h"
#include "request.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

void relay_watch(int loop, const struct doors *doors, const struct request *request, pid_t program);
/* How long the loop may sleep, in milliseconds; -1: as long as it likes. */
int relay_patience(void);
/* Looks for the port, as often as relay_patience says. */
void relay_tick(void);
int relay_draining(void);
/* The program has ended; where it never listened, the server is told. */
void relay_ended(int status);

/* Cuts the platform's own header out of a request head that is complete; its number, 0 when there is none. *size: of bytes, made smaller. */
uint64_t relay_take_number(char *bytes, size_t *size);

/* The port to use among those in a table as /proc/net/tcp shows it: the preferred one, else the lowest; 0: none listens. */
int relay_choose_port(const char *table, int preferred, int *preferred_found);

/* Whether, in a table as /proc/net/tcp6 shows it, IPv4 is what the port listens for. */
int relay_ipv4_inside(const char *table, int port);

#endif
