/* Bare libyaml: every event of every file. usage: yaml FILE... */
#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "peer.h"

static size_t read_events(const char *text) {
  yaml_parser_t parser;
  yaml_event_t event;
  size_t events = 0;
  if (!yaml_parser_initialize(&parser)) return 0;
  yaml_parser_set_input_string(&parser, (const unsigned char *)text, strlen(text));
  for (bool end = false; !end; events++) {
    if (!yaml_parser_parse(&parser, &event)) break;
    end = event.type == YAML_STREAM_END_EVENT;
    yaml_event_delete(&event);
  }
  yaml_parser_delete(&parser);
  return events;
}

int main(int count, char **arguments) {
  struct arena *arena = arena_new();
  size_t events = 0;
  for (int i = 1; arena && i < count; i++) {
    const char *text = peer_text(arena, arguments[i]);
    if (!text) return 2;
    events += read_events(text);
    arena_reset(arena);
  }
  arena_free(arena);
  peer_end((size_t)count - 1, peer_seconds(), events);
  return 0;
}
