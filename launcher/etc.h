/* The generated /etc of sandboxes: what programs look up, and nothing of the host's accounts or configuration. */
#ifndef MAYFLY_ETC_H
#define MAYFLY_ETC_H

/* root: where /etc lies, writable. 0, or -1 with errno. */
int etc_make(const char *root, const char *domain);

#endif
