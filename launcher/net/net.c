/* Sandboxes have no network but their own loopback. */
#include "net.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int net_start(struct net *net, const struct net_config *config) {
  (void)config;
  memset(net, 0, sizeof *net);
  snprintf(net->why, sizeof net->why, "this launcher carries no network");
  errno = ENOSYS;
  return -1;
}

int net_take(struct net *net, const char *egress, const char *allow, struct net_slot *slot) {
  (void)net, (void)egress, (void)allow, (void)slot;
  errno = ENOSYS;
  return -1;
}

void net_release(struct net *net, int number) { (void)net, (void)number; }

int net_policy_valid(const char *egress, const char *allow) { return (void)allow, *egress != 0; }

int net_fd(const struct net *net) { return (void)net, -1; }

int net_events(struct net *net, void (*refused)(void *arg, int number, const char *what, const char *setting), void *arg) { return (void)net, (void)refused, (void)arg, 0; }
