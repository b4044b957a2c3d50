/* Bare parse: yyjson reads every line and frees it. usage: parse REPORTS
 *
 * The floor under every engine that reads JSON with it. */
#include <stdio.h>

#include "peer.h"

int main(int count, char **arguments) {
  struct peer_lines *lines = count > 1 ? peer_open(arguments[1]) : NULL;
  struct peer_line line;
  size_t reports = 0, bad = 0;
  if (!lines) return 2;
  while (peer_next(lines, &line)) {
    yyjson_doc *document = yyjson_read(line.text, line.length, 0);
    bad += !document;
    yyjson_doc_free(document);
    reports++;
  }
  peer_close(lines);
  peer_end(reports, peer_seconds(), bad);
  return bad != 0;
}
