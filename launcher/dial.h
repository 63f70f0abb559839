/* The descriptors that a sandbox is born with: opened while the host's paths and the network's privileged ports can still be reached. */
#ifndef MAYFLY_DIAL_H
#define MAYFLY_DIAL_H

#include "request.h"

struct doors {
  int control;  /* the init's own channel to the server */
  int worker;   /* the worker's; -1: none */
  int listener; /* where requests come in; -1: none */
  int names;    /* UDP 127.0.0.1:53; -1: nobody answers */
  int names_tcp;
  int out, err; /* ends of the program's output that the init reads */
  int program_out, program_err;
  int answer;   /* the zygote's answer, until the copy has come; for a sandbox with seats open for as long as the process that makes them; -1: none */
  int report;   /* until the start has been told */
  int memory;   /* the whole of what /tmp and /dev/shm are parts of: closing it waits for all processors, so not before the program runs */
};

/* Connects twice to control.sock and binds http.sock, as the shape says. 0, or -1 with errno. */
int dial(const struct request *request, struct doors *doors);
/* The same once, and nothing bound: a zygote has nobody before it. */
int dial_worker(const struct request *request, struct doors *doors);
void doors_of_probe(struct doors *doors, int control);
/* Turns on lo of a fresh network namespace. */
int loopback_up(void);

/* In the sandbox's network, before its rights are gone: the sockets that DNS questions come to. Returns names, -1 where it cannot be had. */
int dns_open(struct doors *doors);

#endif
