/* Opt-in probes: what answers at the metadata address, the address that the outside sees, its name, and the way out.
 * Knows HTTP as far as one answer; follows nothing and asks for no path that could lead to credentials. */
#include <errno.h>
#include <string.h>

#include "context.h"
#include "os_machine.h"

#define METADATA_ADDRESS "169.254.169.254"
#define CONNECT_MS 300
#define READ_MS 500
#define ANSWER_BYTES 8192
#define BODY_BYTES 256
#define HOPS 10
#define HOP_MS 300

struct answer {
  int64_t status; /* 0: not HTTP */
  struct slice server, body;
};

static struct answer parse_answer(struct slice text) {
  struct answer answer = {.body = text};
  struct slice line, head = text;
  if (!slice_line(&text, &line) || !slice_starts(line, "HTTP/") || !slice_integer(slice_nth_word(line, 1), 10, &answer.status)) return answer;
  size_t crlf = slice_find(head, "\r\n\r\n"), lf = slice_find(head, "\n\n");
  answer.body = crlf < head.length && crlf < lf ? slice_from(head, crlf + 4) : slice_from(head, lf + 2);
  while (slice_line(&text, &line) && line.length) {
    struct slice name;
    if (slice_take(&line, ':', &name) && name.length == 6 && strncasecmp(name.text, "server", 6) == 0) answer.server = slice_trim(line);
  }
  return answer;
}

static int ask(struct collect *c, const char *address, int port, const char *host, const char *path, struct answer *answer) {
  struct buffer text = {0};
  char *request = collect_format(c, "GET %s HTTP/1.0\r\nHost: %s\r\nConnection: close\r\n\r\n", path, host);
  if (!request) return ENOMEM;
  struct os_exchange exchange = {
      .address = address, .port = port, .connect_ms = CONNECT_MS, .read_ms = READ_MS, .request = request, .limit = ANSWER_BYTES};
  int error = os_exchange(&exchange, &text);
  char *copy = error ? NULL : arena_text(c->arena, text.text, text.length);
  if (!error && !copy) error = ENOMEM;
  if (!error && !text.length) error = ECONNRESET;
  if (!error) *answer = parse_answer((struct slice){copy, text.length});
  buffer_free(&text);
  return error;
}

static bool is_refusal(int error) {
  return error == EACCES || error == EPERM || error == ENOMEM || error == EIO || error == EMFILE || error == EINVAL;
}

static void probe_metadata(struct collect *c) {
  static const char *const facts[] = {"network.metadata_body", "network.metadata_server", "network.metadata_status"};
  const char *address = c->options->metadata_address ? c->options->metadata_address : METADATA_ADDRESS;
  struct answer answer = {0};
  int error = ask(c, address, c->options->metadata_port ? c->options->metadata_port : 80, address, "/", &answer);
  for (size_t i = 0; error && i < sizeof facts / sizeof *facts; i++) collect_miss(c, facts[i], "", is_refusal(error) ? error : ENOENT);
  if (error) return;
  if (answer.status) collect_integer(c, "network.metadata_status", answer.status);
  if (answer.server.length) collect_text(c, "network.metadata_server", answer.server);
  collect_text(c, "network.metadata_body", slice_first(answer.body, BODY_BYTES));
  for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) collect_miss(c, facts[i], "", ENOENT);
}

/* "http://HOST[:PORT][/PATH]"; false for anything else. */
static bool parse_url(struct collect *c, const char *url, char **host, int *port, const char **path) {
  struct slice rest = slice_of(url);
  int64_t number = 80;
  if (!slice_cut(&rest, "http://")) return false;
  size_t slash = slice_find(rest, "/");
  *path = slash < rest.length ? rest.text + slash : "/";
  struct slice place = slice_first(rest, slash), name = place;
  size_t colon = slice_find(place, ":");
  if (colon < place.length) {
    name = slice_first(place, colon);
    if (!slice_integer(slice_from(place, colon + 1), 10, &number) || number < 1 || number > 65535) return false;
  }
  *host = collect_kept(c, arena_text(c->arena, name.text, name.length));
  *port = (int)number;
  return *host && name.length;
}

static bool is_address(struct slice text) {
  size_t marks = 0;
  for (size_t i = 0; i < text.length; i++) {
    if (text.text[i] == '.' || text.text[i] == ':') marks++;
    if (!text.text[i] || !strchr("0123456789abcdefABCDEF.:", text.text[i])) return false;
  }
  return marks >= 2 && text.length <= 45;
}

static void probe_public(struct collect *c) {
  struct buffer address = {0};
  struct answer answer = {0};
  char *host;
  const char *path;
  int port;
  if (!c->options->public_ip_url) return;
  if (!parse_url(c, c->options->public_ip_url, &host, &port, &path)) {
    collect_refuse(c, "network.public_ip", "not an address of the form http://HOST:PORT/PATH");
    return;
  }
  int error = os_resolve(host, &address);
  if (!error) error = ask(c, address.text, port, host, path, &answer);
  struct slice found = slice_trim(answer.body);
  if (!error && answer.status == 200 && is_address(found))
    collect_text(c, "network.public_ip", found);
  else
    collect_refuse(c, "network.public_ip", "no usable answer");
  buffer_free(&address);
}

static void probe_name(struct collect *c) {
  const struct value *address = collect_value(c, "network.public_ip");
  struct buffer name = {0};
  if (!address) return;
  int error = os_reverse(address->text, &name);
  if (error)
    collect_miss(c, "network.reverse_dns", "", error);
  else
    collect_text(c, "network.reverse_dns", (struct slice){name.text, name.length});
  buffer_free(&name);
}

static void probe_route(struct collect *c) {
  struct gather hops = {.limit = HOPS};
  bool arrived = false;
  int error = 0;
  if (!c->options->route_target) return;
  for (int distance = 1; distance <= HOPS && !arrived && !error; distance++) {
    struct buffer router = {0};
    error = os_hop(c->options->route_target, distance, HOP_MS, &router, &arrived);
    if (!error) gather_text(c, &hops, router.length ? (struct slice){router.text, router.length} : slice_of("*"));
    buffer_free(&router);
  }
  if (hops.count)
    gather_finish(c, "network.route", &hops);
  else
    collect_miss(c, "network.route", "", is_refusal(error) ? error : ENOENT);
}

void collect_network(struct collect *c) {
  if (!c->live || !c->options->network) return;
  probe_metadata(c);
  probe_public(c);
  probe_name(c);
  probe_route(c);
}
