#include "options.h"

#include <stdlib.h>
#include <string.h>

/* Of a text that is no number of a port: 0. */
static int port_of(const char *text) {
  size_t digits = strspn(text, "0123456789");
  return digits > 0 && digits < 6 && !text[digits] && atoi(text) < 65536 ? atoi(text) : 0;
}

static int is_key(const char *text) { return strlen(text) == 8 && strspn(text, "0123456789abcdef") == 8; }

const char *options_parse(struct options *options, int argc, char **argv) {
  *options = (struct options){.inside = "", .inside_tls = "", .ports = "", .everywhere = "", .domain = "localhost", .entered = -1};
  if (argc < 2 || strcmp(argv[1], "serve")) return "the first word is not serve";
  for (int i = 2; i < argc; i += 2) {
    if (i + 1 == argc) return "an option has no value";
    if (!strcmp(argv[i], "--dir")) options->folder = argv[i + 1];
    else if (!strcmp(argv[i], "--key")) options->key = argv[i + 1];
    else if (!strcmp(argv[i], "--inside")) options->inside = argv[i + 1];
    else if (!strcmp(argv[i], "--inside-tls")) options->inside_tls = argv[i + 1];
    else if (!strcmp(argv[i], "--ports")) options->ports = argv[i + 1];
    else if (!strcmp(argv[i], "--ports-everywhere")) options->everywhere = argv[i + 1];
    else if (!strcmp(argv[i], "--port-tls")) {
      options->port_tls = port_of(argv[i + 1]);
      if (!options->port_tls) return "--port-tls is no port";
    }
    else if (!strcmp(argv[i], "--domain")) options->domain = argv[i + 1];
    else if (!strcmp(argv[i], "--network-uid")) options->network_uid = (unsigned)strtoul(argv[i + 1], NULL, 10);
    else if (!strcmp(argv[i], "--entered")) options->entered = atoi(argv[i + 1]);
    else if (!strcmp(argv[i], "--probed")) options->probed = !strcmp(argv[i + 1], "yes");
    else return "an option is not known";
  }
  if (!options->folder || options->folder[0] != '/' || strlen(options->folder) > 70) return "--dir is not an absolute path of at most 70 bytes";
  if (!options->key || !is_key(options->key)) return "--key is not eight hexadecimal digits";
  return strlen(options->domain) > 200 ? "--domain is longer than 200 bytes" : NULL;
}
