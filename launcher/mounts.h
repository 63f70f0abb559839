/* Mounting by descriptors (open_tree, fsopen, move_mount), for which libc has no names before 2.36. All return -1 with errno. */
#ifndef MAYFLY_MOUNTS_H
#define MAYFLY_MOUNTS_H

#include <stddef.h>

/* A copy of what is mounted at path, attached nowhere, with these attributes (MOUNT_ATTR_…) on it and, if deep, on all below. */
int mount_copy(const char *path, unsigned long long attributes, int deep);
/* The same of what others named: not of what a link there leads to (ELOOP), which who may write its folder could turn elsewhere. */
int mount_copy_named(const char *path, unsigned long long attributes);
/* A new tmpfs, attached nowhere; 0 bytes or inodes: no limit. */
int mount_memory(long long bytes, long long inodes, unsigned long long attributes);
int mount_proc(void);
/* A copy of one folder or file of a mount that is attached. */
int mount_part(int mount, const char *name);
int mount_attach(int mount, const char *target);
int mount_protect(const char *target, unsigned long long attributes);

#endif
