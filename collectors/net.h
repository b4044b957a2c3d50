/* The parts of the network collectors: net.c asks and orders, net_tables.c reads the kernel's tables and saved listings. */
#ifndef HP_COLLECT_NET_H
#define HP_COLLECT_NET_H

#include "context.h"

#define NET_INTERFACES 256
#define NET_ROUTES 256
#define NET_ADDRESSES 1024

struct net_interface {
  struct slice name; /* as printed: "eth0@if6" */
  struct slice bare; /* "eth0" */
  struct slice mac, driver;
};

/* An address, and the bare name of the interface that has it; "" when that is not known. */
struct net_address {
  struct slice interface, address;
};

struct net_route {
  struct slice destination, gateway, interface;
  uint32_t network, mask; /* IPv4 in the order of the address's text; mask 0 is the default route */
  bool six;
};

struct net_tables {
  struct net_interface interfaces[NET_INTERFACES];
  size_t interface_count;
  struct net_address addresses[NET_ADDRESSES];
  size_t address_count;
  struct net_route routes[NET_ROUTES];
  size_t route_count;
  bool cut;
};

void net_add_interface(struct net_tables *net, struct net_interface interface);
void net_add_address(struct net_tables *net, struct slice interface, struct slice address);
void net_add_route(struct net_tables *net, struct net_route route);

/* Each adds what it reads; 0 or an errno value of the file. */
int net_read_routes(struct collect *c, struct net_tables *net);
int net_read_routes6(struct collect *c, struct net_tables *net);
/* IPv6 addresses of /proc/net/if_inet6 and local IPv4 addresses of /proc/net/fib_trie, placed by the routes read before. */
int net_read_addresses(struct collect *c, struct net_tables *net);
/* Saved listings; false when there is none. */
bool net_read_ip_addr(struct collect *c, struct net_tables *net);
bool net_read_ip_route(struct collect *c, struct net_tables *net);

#endif
