/* See net.h. Knows /proc/net and the text that ip prints. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "net.h"

void net_add_interface(struct net_tables *net, struct net_interface interface) {
  if (net->interface_count < NET_INTERFACES)
    net->interfaces[net->interface_count++] = interface;
  else
    net->cut = true;
}

void net_add_address(struct net_tables *net, struct slice interface, struct slice address) {
  if (net->address_count < NET_ADDRESSES)
    net->addresses[net->address_count++] = (struct net_address){interface, address};
  else
    net->cut = true;
}

void net_add_route(struct net_tables *net, struct net_route route) {
  if (net->route_count < NET_ROUTES)
    net->routes[net->route_count++] = route;
  else
    net->cut = true;
}

/* The tables print addresses as numbers of the machine's own byte order. */
static bool is_big_endian(const struct collect *c) {
  static const char *const machines[] = {"s390x", "s390", "ppc64", "ppc", "sparc64", "parisc", "parisc64", "mips", "mips64", "m68k"};
  const struct value *machine = collect_value(c, "kernel.machine");
  for (size_t i = 0; machine && i < sizeof machines / sizeof *machines; i++)
    if (strcmp(machine->text, machines[i]) == 0) return true;
  return false;
}

static bool parse_number(const struct collect *c, struct slice word, uint32_t *number) {
  int64_t parsed;
  if (word.length != 8 || !slice_integer(word, 16, &parsed)) return false;
  *number = is_big_endian(c) ? (uint32_t)parsed : __builtin_bswap32((uint32_t)parsed);
  return true;
}

static struct slice kept(struct collect *c, char *text) { return collect_kept(c, text) ? slice_of(text) : (struct slice){"", 0}; }

static struct slice dotted(struct collect *c, uint32_t n) {
  return kept(c, collect_format(c, "%u.%u.%u.%u", n >> 24, n >> 16 & 255, n >> 8 & 255, n & 255));
}

/* "eth0 0010A8C0 00000000 0001 0 0 0 00FFFFFF ..." */
int net_read_routes(struct collect *c, struct net_tables *net) {
  struct slice text, line;
  int error = collect_read(c, "/proc/net/route", COLLECT_FILE_BYTES, &text);
  if (error) return error;
  while (slice_line(&text, &line)) {
    uint32_t network, gateway, mask;
    if (!parse_number(c, slice_nth_word(slice_trim(line), 1), &network) || !parse_number(c, slice_nth_word(slice_trim(line), 2), &gateway) ||
        !parse_number(c, slice_nth_word(slice_trim(line), 7), &mask))
      continue;
    struct net_route route = {.interface = slice_nth_word(line, 0), .network = network, .mask = mask};
    struct slice at = dotted(c, network);
    route.destination = mask || network ? kept(c, collect_format(c, "%s/%d", at.text, __builtin_popcount(mask))) : slice_of("default");
    if (gateway) route.gateway = dotted(c, gateway);
    net_add_route(net, route);
  }
  return 0;
}

/* 32 hexadecimal digits as an IPv6 address. */
static bool parse_six(struct collect *c, struct slice digits, struct slice *address) {
  unsigned char bytes[16];
  char text[INET6_ADDRSTRLEN];
  int64_t byte;
  if (digits.length != 32) return false;
  for (size_t i = 0; i < sizeof bytes; i++) {
    if (!slice_integer(slice_first(slice_from(digits, 2 * i), 2), 16, &byte)) return false;
    bytes[i] = (unsigned char)byte;
  }
  if (!inet_ntop(AF_INET6, bytes, text, sizeof text)) return false;
  *address = kept(c, arena_text(c->arena, text, strlen(text)));
  return true;
}

/* Default routes only: DESTINATION LENGTH SOURCE LENGTH GATEWAY METRIC REFERENCES USE FLAGS INTERFACE */
int net_read_routes6(struct collect *c, struct net_tables *net) {
  struct slice text, line;
  int error = collect_read(c, "/proc/net/ipv6_route", COLLECT_FILE_BYTES, &text);
  if (error) return error;
  while (slice_line(&text, &line)) {
    struct slice destination, gateway;
    int64_t length;
    if (!parse_six(c, slice_nth_word(line, 0), &destination) || !slice_integer(slice_nth_word(line, 1), 16, &length) ||
        !parse_six(c, slice_nth_word(line, 4), &gateway))
      continue;
    if (length || !slice_is(destination, "::") || slice_is(gateway, "::")) continue;
    net_add_route(net, (struct net_route){.destination = slice_of("default"), .gateway = gateway, .interface = slice_nth_word(line, 9), .six = true});
  }
  return 0;
}

static void read_six(struct collect *c, struct net_tables *net, struct slice text) {
  struct slice line, address;
  while (slice_line(&text, &line)) {
    int64_t length;
    struct slice interface = slice_nth_word(line, 5);
    if (slice_is(interface, "lo") || !parse_six(c, slice_nth_word(line, 0), &address) || !slice_integer(slice_nth_word(line, 2), 16, &length))
      continue;
    net_add_address(net, interface, kept(c, collect_format(c, "%s/%d", address.text, (int)length)));
  }
}

/* The network that an address lies in gives its prefix and interface. */
static void place_address(struct collect *c, struct net_tables *net, struct slice text, uint32_t address) {
  const struct net_route *best = NULL;
  for (size_t i = 0; i < net->route_count; i++) {
    const struct net_route *route = &net->routes[i];
    if (route->six || !route->mask || route->gateway.length || (address & route->mask) != route->network) continue;
    if (!best || route->mask > best->mask) best = route;
  }
  net_add_address(net, best ? best->interface : (struct slice){"", 0},
                  kept(c, collect_format(c, "%.*s/%d", (int)text.length, text.text, best ? __builtin_popcount(best->mask) : 32)));
}

static bool parse_four(struct slice text, uint32_t *address) {
  char copy[INET_ADDRSTRLEN];
  struct in_addr parsed;
  if (text.length >= sizeof copy) return false;
  memcpy(copy, text.text, text.length);
  copy[text.length] = 0;
  if (inet_pton(AF_INET, copy, &parsed) != 1) return false;
  *address = ntohl(parsed.s_addr);
  return true;
}

static bool is_known(const struct net_tables *net, struct slice address) {
  for (size_t i = 0; i < net->address_count; i++) {
    struct slice other = net->addresses[i].address;
    if (other.length > address.length && other.text[address.length] == '/' && memcmp(other.text, address.text, address.length) == 0) return true;
  }
  return false;
}

/* "|-- 10.0.0.2" and below it "/32 host LOCAL". Each table is printed twice. */
static void read_trie(struct collect *c, struct net_tables *net, struct slice text) {
  struct slice line, last = {"", 0};
  while (slice_line(&text, &line)) {
    uint32_t address;
    line = slice_trim(line);
    if (slice_cut(&line, "|-- ")) last = slice_trim(line);
    if (!slice_is(line, "/32 host LOCAL") || !parse_four(last, &address) || address >> 24 == 127 || is_known(net, last)) continue;
    place_address(c, net, last, address);
  }
}

int net_read_addresses(struct collect *c, struct net_tables *net) {
  struct slice trie, six;
  int error = collect_read(c, "/proc/net/fib_trie", COLLECT_FILE_BYTES, &trie);
  int error6 = collect_read(c, "/proc/net/if_inet6", COLLECT_FILE_BYTES, &six);
  if (!error) read_trie(c, net, trie);
  if (!error6) read_six(c, net, six);
  return error && error6 ? error : 0;
}

/* "2: eth0@if6: <BROADCAST,UP> mtu 1500 ..."; the loopback gives false. */
static bool read_head(struct slice line, struct net_interface *interface) {
  struct slice index, name;
  int64_t number;
  if (!slice_take(&line, ':', &index) || !slice_integer(index, 10, &number) || !slice_take(&line, ':', &name)) return false;
  interface->name = slice_trim(name);
  interface->bare = slice_first(interface->name, slice_find(interface->name, "@"));
  return slice_find(line, "LOOPBACK") == line.length;
}

/* The interface of that name, which /sys may have given already, or a new one; NULL when there are too many. */
static struct net_interface *open_interface(struct net_tables *net, struct net_interface given) {
  for (size_t i = 0; i < net->interface_count; i++) {
    struct net_interface *known = &net->interfaces[i];
    if (known->bare.length != given.bare.length || memcmp(known->bare.text, given.bare.text, given.bare.length) != 0) continue;
    known->name = given.name;
    return known;
  }
  size_t before = net->interface_count;
  net_add_interface(net, given);
  return net->interface_count > before ? &net->interfaces[before] : NULL;
}

bool net_read_ip_addr(struct collect *c, struct net_tables *net) {
  struct slice text, line;
  struct net_interface *open = NULL;
  if (!collect_command(c, "ip-addr", &text)) return false;
  while (slice_line(&text, &line)) {
    struct slice kind = slice_nth_word(line, 0), value = slice_nth_word(line, 1);
    if (line.length && line.text[0] >= '0' && line.text[0] <= '9') {
      struct net_interface interface = {0};
      open = read_head(line, &interface) ? open_interface(net, interface) : NULL;
    } else if (open && slice_is(kind, "link/ether")) {
      open->mac = value;
    } else if (open && (slice_is(kind, "inet") || slice_is(kind, "inet6"))) {
      net_add_address(net, open->bare, value);
    }
  }
  return true;
}

/* The word after `mark`, or an empty slice. */
static struct slice word_after(struct slice line, const char *mark) {
  struct slice word;
  while (slice_word(&line, &word))
    if (slice_is(word, mark)) return slice_nth_word(line, 0);
  return (struct slice){"", 0};
}

bool net_read_ip_route(struct collect *c, struct net_tables *net) {
  struct slice text, line;
  if (!collect_command(c, "ip-route", &text)) return false;
  while (slice_line(&text, &line)) {
    struct net_route route = {.destination = slice_nth_word(line, 0), .gateway = word_after(line, "via"), .interface = word_after(line, "dev")};
    if (route.destination.length && route.interface.length) net_add_route(net, route);
  }
  return true;
}
