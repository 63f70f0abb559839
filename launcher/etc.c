#include "etc.h"
#include "mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sys/mount.h>
#ifndef MOUNT_ATTR_RDONLY
#include <linux/mount.h>
#endif

/* Of the host's own, if it has them: public, the same on every machine, and looked up by libraries. */
static const char *const COPIED[] = {"/etc/ld.so.cache", "/etc/mime.types", "/etc/protocols", "/etc/services", "/etc/gai.conf", "/etc/ssl/openssl.cnf"};
static const char *const SHOWN[] = {"/etc/alternatives", "/etc/ca-certificates", "/etc/pki/tls/certs", "/etc/pki/ca-trust/extracted", "/etc/ssl/certs"};

static int write_file(const char *root, const char *name, const char *text) {
  char path[300];
  snprintf(path, sizeof path, "%s%s", root, name);
  int file = open(path, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) return -1;
  int failed = write(file, text, strlen(text)) < 0;
  close(file);
  return failed ? -1 : 0;
}

static void make_parents(char *path, size_t root) {
  for (char *slash = strchr(path + root + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
    *slash = 0;
    mkdir(path, 0755);
    *slash = '/';
  }
}

static int copy_file(const char *root, const char *name) {
  char path[300], bytes[16384];
  int from = open(name, O_RDONLY | O_CLOEXEC);
  if (from < 0) return 0;
  snprintf(path, sizeof path, "%s%s", root, name);
  make_parents(path, strlen(root));
  int to = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644), failed = to < 0;
  for (ssize_t got; !failed && (got = read(from, bytes, sizeof bytes)) > 0;) failed = write(to, bytes, (size_t)got) != got;
  close(from);
  if (to >= 0) close(to);
  return failed ? -1 : 0;
}

static int show_folder(const char *root, const char *name) {
  char path[300];
  struct stat status;
  if (stat(name, &status) || !S_ISDIR(status.st_mode)) return 0;
  snprintf(path, sizeof path, "%s%s", root, name);
  make_parents(path, strlen(root));
  if (mkdir(path, 0755) && errno != EEXIST) return -1;
  int copy = mount_copy(name, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC, 1);
  if (copy < 0) return -1;
  int failed = mount_attach(copy, path);
  close(copy);
  return failed;
}

int etc_make(const char *root, const char *domain) {
  char hosts[300], path[300];
  snprintf(hosts, sizeof hosts, "127.0.0.1 localhost %.200s\n::1 localhost ip6-localhost\n", strcmp(domain, "localhost") ? domain : "");
  snprintf(path, sizeof path, "%s/etc/localtime", root);
  if (write_file(root, "/etc/passwd", "root:x:0:0:root:/root:/sbin/nologin\nmayfly:x:1000:1000:mayfly:/tmp:/bin/sh\nnobody:x:65534:65534:nobody:/:/sbin/nologin\n") ||
      write_file(root, "/etc/group", "root:x:0:\nmayfly:x:1000:\nnogroup:x:65534:\n") || write_file(root, "/etc/hosts", hosts) ||
      write_file(root, "/etc/resolv.conf", "nameserver 127.0.0.1\noptions timeout:3 attempts:2\n") ||
      write_file(root, "/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\nservices: files\nprotocols: files\n") ||
      write_file(root, "/etc/host.conf", "multi on\n") || write_file(root, "/etc/hostname", "mayfly\n") || write_file(root, "/etc/timezone", "Etc/UTC\n") ||
      symlink("/usr/share/zoneinfo/UTC", path))
    return -1;
  for (size_t i = 0; i < sizeof COPIED / sizeof *COPIED; i++)
    if (copy_file(root, COPIED[i])) return -1;
  for (size_t i = 0; i < sizeof SHOWN / sizeof *SHOWN; i++)
    if (show_folder(root, SHOWN[i])) return -1;
  return 0;
}
