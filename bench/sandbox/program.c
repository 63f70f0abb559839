/* The empty program: says one byte on the descriptor that its first argument names, and ends; with a second argument it stays. */
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv) {
  if (write(argc > 1 ? atoi(argv[1]) : 1, "!", 1) != 1) return 1;
  while (argc > 2) pause();
  return 0;
}
