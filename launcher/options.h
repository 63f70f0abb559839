#ifndef MAYFLY_OPTIONS_H
#define MAYFLY_OPTIONS_H

struct options {
  const char *folder, *key, *inside, *inside_tls, *ports, *everywhere, *domain;
  int port_tls;         /* 0: none */
  int probed;           /* a launcher before this one has tried the limits of this machine */
  unsigned network_uid; /* what the processes of the network are, as root; 0: nobody */
  int entered; /* internal: the launcher has entered its own user namespace, with so many users; -1: it has not */
};

#define OPTIONS_USAGE "usage: mayfly-launcher serve --dir RUNDIR --key KEY [--inside PATH] [--inside-tls PATH] [--ports A,B-C] [--ports-everywhere A,B-C] [--port-tls N] [--domain NAME] [--network-uid N] [--probed yes]\n"

/* NULL, or what is wrong. */
const char *options_parse(struct options *options, int argc, char **argv);

#endif
