/* What the server asks of an init, in the frames of docs/worker-protocol.md: to start the program of a sandbox that was made without one. */
#ifndef MAYFLY_ORDER_H
#define MAYFLY_ORDER_H

#include "request.h"

enum order { ORDER_NONE, ORDER_START, ORDER_GONE };

/* Reads what there is, without waiting. ORDER_START: request has the program. What is malformed, or too long, is the end. request NULL: whatever
 * comes is passed over. */
enum order order_read(int channel, struct request *request);

#endif
