/* What reads orders in a zygote, alone, for a build under sanitizers: on descriptor 3, until its other end is closed. */
#include "fork/serve.h"

static void nothing(void) {}

int main(void) { return fork_serve(3, nothing, nothing, nothing); }
