#include "dial.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int unix_socket(const char *folder, const char *name, struct sockaddr_un *address) {
  memset(address, 0, sizeof *address);
  address->sun_family = AF_UNIX;
  int length = snprintf(address->sun_path, sizeof address->sun_path, "%s/%s", folder, name);
  if (length < 0 || (size_t)length >= sizeof address->sun_path) {
    errno = ENAMETOOLONG;
    return -1;
  }
  return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static int connect_control(const char *folder) {
  struct sockaddr_un address;
  int fd = unix_socket(folder, "control.sock", &address);
  return fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) ? -1 : fd;
}

void doors_of_probe(struct doors *doors, int control) {
  memset(doors, -1, sizeof *doors);
  doors->control = control;
}

int loopback_up(void) {
  struct ifreq loopback = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  int failed = fd < 0 || ioctl(fd, SIOCSIFFLAGS, &loopback);
  if (fd >= 0) close(fd);
  return failed ? -1 : 0;
}

int dial(const struct request *request, struct doors *doors) {
  memset(doors, -1, sizeof *doors);
  doors->control = connect_control(request->run);
  if (doors->control < 0) return -1;
  if (request->shape == SHAPE_TOOL) return 0;
  doors->worker = connect_control(request->run);
  struct sockaddr_un address;
  doors->listener = unix_socket(request->run, "http.sock", &address);
  if (doors->worker < 0 || doors->listener < 0) return -1;
  return bind(doors->listener, (struct sockaddr *)&address, sizeof address) || listen(doors->listener, 1024) ? -1 : 0;
}

int dial_worker(const struct request *request, struct doors *doors) {
  memset(doors, -1, sizeof *doors);
  doors->worker = connect_control(request->run);
  return doors->worker < 0 ? -1 : 0;
}

static int bound(int type) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(53), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int fd = socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  if (!bind(fd, (struct sockaddr *)&address, sizeof address) && (type == SOCK_DGRAM || !listen(fd, 64))) return fd;
  close(fd);
  return -1;
}

int dns_open(struct doors *doors) {
  doors->names_tcp = bound(SOCK_STREAM);
  return bound(SOCK_DGRAM);
}
