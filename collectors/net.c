/* The network as this machine is set up for it: interfaces, addresses, routes, resolver, names. Knows /sys/class/net,
 * /etc/hosts and /etc/resolv.conf; asks nobody outside. */
#include "net.h"

#include <errno.h>
#include <string.h>

#include "os_machine.h"

#define DIRECTORY "/sys/class/net"
#define HOSTS 256
#define TYPE_LOOPBACK 772
#define LOOPBACK_INDEX 1 /* in every network namespace */

struct link {
  const char *name;
  int64_t index, peer; /* peer: index of what it is stacked on or joined to; its own index for a plain one */
};

static bool read_number(struct collect *c, const char *interface, const char *file, int64_t *number) {
  struct slice text;
  char *directory = collect_path(c, DIRECTORY, interface);
  return directory && collect_read_in(c, directory, file, 64, &text) == 0 && slice_integer(slice_trim(text), 10, number);
}

/* The name as ip prints it: with its peer behind an @, by name when that one is here too. */
static struct slice printed_name(struct collect *c, const struct link *link, const struct link *all, size_t count) {
  char *text = NULL;
  if (link->peer == link->index) return slice_of(link->name);
  for (size_t i = 0; i < count && !text; i++) {
    bool near = all[i].index == link->peer && (all[i].peer == all[i].index || all[i].peer == link->index);
    if (near && strcmp(all[i].name, "lo") != 0) text = collect_format(c, "%s@%s", link->name, all[i].name);
  }
  if (!text && link->peer == 0) text = collect_format(c, "%s@NONE", link->name);
  if (!text) text = collect_format(c, "%s@if%lld", link->name, (long long)link->peer);
  return text ? slice_of(text) : slice_of(link->name);
}

static void read_interface(struct collect *c, struct net_tables *net, const struct link *link, const struct link *all, size_t count) {
  struct net_interface interface = {.name = printed_name(c, link, all, count), .bare = slice_of(link->name)};
  struct slice text;
  int64_t type;
  char *directory = collect_path(c, DIRECTORY, link->name), *driver = directory ? collect_path(c, directory, "device/driver") : NULL;
  bool numbered = c->live && link->index > LOOPBACK_INDEX;
  bool loopback = strcmp(link->name, "lo") == 0 || (!numbered && read_number(c, link->name, "type", &type) && type == TYPE_LOOPBACK);
  if (loopback || !directory || !driver) return;
  if (collect_read_in(c, directory, "address", 128, &text) == 0) interface.mac = slice_trim(text);
  if (collect_link(c, driver, &text) == 0) interface.driver = slice_after_last(text, '/');
  net_add_interface(net, interface);
}

static int read_interfaces(struct collect *c, struct net_tables *net) {
  char **names;
  size_t count;
  int error = collect_names(c, DIRECTORY, &names, &count);
  if (error) return error;
  struct link *links = arena_take_array(c->arena, count, sizeof *links);
  if (!links) return ENOMEM; /* collect_miss keeps it in mind */
  for (size_t i = 0; i < count; i++) {
    links[i].name = names[i];
    if (!read_number(c, names[i], "ifindex", &links[i].index) || !read_number(c, names[i], "iflink", &links[i].peer)) links[i].peer = links[i].index;
  }
  for (size_t i = 0; i < count; i++) read_interface(c, net, &links[i], links, count);
  return 0;
}

static bool has_interface(const struct net_tables *net, struct slice bare) {
  for (size_t i = 0; i < net->interface_count; i++)
    if (net->interfaces[i].bare.length == bare.length && memcmp(net->interfaces[i].bare.text, bare.text, bare.length) == 0) return true;
  return false;
}

/* Interfaces that only their addresses show: where /sys is not there. */
static void add_by_address(struct net_tables *net) {
  for (size_t i = 0; i < net->address_count; i++) {
    struct slice bare = net->addresses[i].interface;
    if (bare.length && !has_interface(net, bare)) net_add_interface(net, (struct net_interface){.name = bare, .bare = bare});
  }
}

static int ask_addresses(struct collect *c, struct net_tables *net) {
  struct os_interface *list;
  size_t count;
  int error = os_interfaces(c->arena, &list, &count);
  for (size_t i = 0; i < count; i++) net_add_address(net, slice_of(list[i].name), slice_of(list[i].address));
  return error;
}

static void state_interfaces(struct collect *c, const struct net_tables *net) {
  struct gather list = {.limit = NET_INTERFACES, .cut = net->cut};
  for (size_t i = 0; i < net->interface_count; i++) {
    const struct net_interface *interface = &net->interfaces[i];
    struct record record = {0};
    struct gather addresses = {.limit = NET_ADDRESSES};
    record_text(c, &record, "name", interface->name);
    if (interface->mac.length) record_text(c, &record, "mac", interface->mac);
    if (interface->driver.length) record_text(c, &record, "driver", interface->driver);
    for (size_t k = 0; k < net->address_count; k++) {
      struct slice owner = net->addresses[k].interface;
      if (owner.length == interface->bare.length && memcmp(owner.text, interface->bare.text, owner.length) == 0)
        gather_text(c, &addresses, net->addresses[k].address);
    }
    if (addresses.count) record_add(&record, "addresses", gather_value(c, &addresses));
    gather_add(c, &list, record_value(c, &record));
  }
  gather_finish(c, "net.interfaces", &list);
}

static void state_addresses(struct collect *c, const struct net_tables *net) {
  struct gather list = {.limit = NET_ADDRESSES, .cut = net->cut};
  for (size_t i = 0; i < net->address_count; i++) gather_distinct(c, &list, net->addresses[i].address);
  gather_finish(c, "net.addresses", &list);
}

static void collect_interfaces(struct collect *c, struct net_tables *net) {
  int error = read_interfaces(c, net);
  int addresses = c->live ? ask_addresses(c, net) : net_read_addresses(c, net);
  bool listed = (error || addresses) && !c->live && !net->address_count && net_read_ip_addr(c, net);
  add_by_address(net);
  if (!error || listed || net->interface_count)
    state_interfaces(c, net);
  else
    collect_miss(c, "net.interfaces", DIRECTORY, error);
  if (!addresses || listed)
    state_addresses(c, net);
  else
    collect_miss(c, "net.addresses", "/proc/net/fib_trie", addresses);
}

static void collect_routes(struct collect *c, struct net_tables *net) {
  struct gather gateways = {.limit = NET_ROUTES, .cut = net->cut}, routes = {.limit = NET_ROUTES, .cut = net->cut};
  int error = net_read_routes(c, net);
  int error6 = net_read_routes6(c, net);
  if (error && error6 && !net_read_ip_route(c, net)) {
    collect_miss(c, "net.routes", "/proc/net/route", error);
    collect_miss(c, "net.gateways", "/proc/net/route", error);
    return;
  }
  for (size_t i = 0; i < net->route_count; i++) {
    const struct net_route *route = &net->routes[i];
    struct record record = {0};
    if (slice_is(route->destination, "default") && route->gateway.length) gather_distinct(c, &gateways, route->gateway);
    if (route->six) continue; /* only the default route is read, for its gateway */
    record_text(c, &record, "destination", route->destination);
    if (route->gateway.length) record_text(c, &record, "gateway", route->gateway);
    record_text(c, &record, "interface", route->interface);
    gather_add(c, &routes, record_value(c, &record));
  }
  gather_finish(c, "net.gateways", &gateways);
  gather_finish(c, "net.routes", &routes);
}

static struct slice without_comment(struct slice line) {
  return slice_trim(slice_first(slice_first(line, slice_find(line, "#")), slice_find(line, ";")));
}

static void collect_resolver(struct collect *c) {
  struct gather servers = {.limit = COLLECT_NAMES}, search = {.limit = COLLECT_NAMES};
  struct slice text, line;
  int error = collect_read(c, "/etc/resolv.conf", 65536, &text);
  if (error) {
    collect_miss(c, "net.dns", "/etc/resolv.conf", error);
    collect_miss(c, "net.search", "/etc/resolv.conf", error);
    return;
  }
  while (slice_line(&text, &line)) {
    struct slice rest = without_comment(line), word;
    if (!slice_word(&rest, &word)) continue;
    if (slice_is(word, "nameserver") && slice_nth_word(rest, 0).length) gather_text(c, &servers, slice_nth_word(rest, 0));
    if (slice_is(word, "search") || slice_is(word, "domain")) gather_words(c, &search, rest);
  }
  gather_finish(c, "net.dns", &servers);
  gather_finish(c, "net.search", &search);
}

static void collect_hosts(struct collect *c) {
  struct gather list = {.limit = HOSTS};
  struct slice text, line;
  int error = collect_read(c, "/etc/hosts", COLLECT_FILE_BYTES, &text);
  if (error) {
    collect_miss(c, "net.hosts", "/etc/hosts", error);
    return;
  }
  while (slice_line(&text, &line) && !list.cut) {
    struct record record = {0};
    struct gather names = {.limit = COLLECT_NAMES};
    struct slice rest = without_comment(line), address;
    if (!slice_word(&rest, &address)) continue;
    gather_words(c, &names, rest);
    record_text(c, &record, "address", address);
    record_add(&record, "names", gather_value(c, &names));
    gather_add(c, &list, record_value(c, &record));
  }
  gather_finish(c, "net.hosts", &list);
}

/* "HOST.DOMAIN" among the names of /etc/hosts. */
static struct slice domain_in_hosts(const struct collect *c, struct slice host) {
  const struct value *hosts = collect_value(c, "net.hosts");
  for (size_t i = 0; hosts && host.length && i < hosts->count; i++) {
    const struct value *names = value_member(&hosts->items[i], "names");
    for (size_t k = 0; names && k < names->count; k++) {
      struct slice name = {names->items[k].text, names->items[k].length};
      if (name.length > host.length + 1 && name.text[host.length] == '.' && memcmp(name.text, host.text, host.length) == 0)
        return slice_from(name, host.length + 1);
    }
  }
  return (struct slice){"", 0};
}

static void collect_names_of_host(struct collect *c) {
  struct slice text, domain;
  if (!c->live && collect_unknown(c, "net.hostname")) collect_text_file(c, "net.hostname", "/etc/hostname");
  const struct value *name = collect_value(c, "net.hostname");
  if (!name) return;
  text = (struct slice){name->text, name->length};
  size_t dot = slice_find(text, ".");
  domain = dot < text.length ? slice_from(text, dot + 1) : domain_in_hosts(c, text);
  if (domain.length)
    collect_text(c, "net.domain", domain);
  else
    collect_lacks(c, "net.domain");
}

void collect_net(struct collect *c) {
  struct net_tables *net = arena_take(c->arena, sizeof *net);
  if (!net) {
    c->failed = true;
    return;
  }
  collect_routes(c, net);
  collect_interfaces(c, net);
  collect_resolver(c);
  collect_hosts(c);
  collect_names_of_host(c);
}
