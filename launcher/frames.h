/* Frames of the control channel, docs/worker-protocol.md, as the init writes them. All block while the server does not read. */
#ifndef MAYFLY_FRAMES_H
#define MAYFLY_FRAMES_H

#include <stddef.h>
#include <stdint.h>

enum { ROLE_INIT = 1, ROLE_WORKER = 2, LONGEST_TEXT = 64 * 1024, FRAME_DRAIN = 0x02 };

/* 0, or -1 when the server is gone. */
int frame_hello(int channel, int role);
int frame_ready(int channel, const char *mode);
/* It will never be ready: a code of docs/worker-protocol.md and a sentence, both free of what JSON escapes. */
int frame_failed(int channel, const char *code, const char *message);
int frame_invocation(int channel, int ended, uint64_t invocation);
int frame_log(int channel, int stream, int level, const char *text, size_t length);
int frame_exit(int channel, unsigned status, uint64_t cpu_micros);

#endif
