/* Collecting: fills a report with the facts of this machine, or of a machine whose files were captured.
 *
 * Knows the sources of every fact and how to read them. Must not know what a fact means, nor any rule. With a root that
 * is not this machine nothing of this machine is looked at: no CPUID, no environment, no uname of its own. */
#ifndef HP_COLLECT_H
#define HP_COLLECT_H

#include "../engine/rule.h"
#include "../reports/report.h"

#define COLLECT_DEADLINE_MS 2000
#define COLLECT_STORAGE_BYTES ((size_t)64 << 20)
/* Limits of what is kept; beyond them a list is cut and named partial. */
#define COLLECT_FILE_BYTES ((size_t)1 << 20) /* one file of /proc, /sys or /etc, or one saved output */
#define COLLECT_LOG_BYTES ((size_t)4 << 20)  /* boot log before it is cut into lines */
#define COLLECT_LOG_LINES 2000
#define COLLECT_LOG_LINE_BYTES 512
#define COLLECT_VARIABLES 4096
#define COLLECT_VALUE_BYTES 4096 /* one variable, command line or other text */
#define COLLECT_MOUNTS 4096
#define COLLECT_PROCESSES 512
#define COLLECT_PROCESS_BYTES 256
#define COLLECT_NAMES 4096 /* entries of one directory, words of one list */
#define COLLECT_CAPTURE_YAML_BYTES ((size_t)64 << 10)

/* All zero is: this machine, no opt-in probe, no paths to look for. Everything is borrowed for the call. */
struct collect_options {
  const char *root;         /* a captured tree; NULL or "/": this machine */
  const char *environ_file; /* NAME=value lines or NUL-separated; in place of the own environment */
  const char *dmesg_file;   /* in place of the kernel's log */
  const char *commands_dir; /* saved outputs, named as in DESIGN.md */
  bool complete;            /* what a captured tree lacks is absent, not unknown */
  const char *const *paths; /* the paths that rules ask for in files */
  size_t path_count;
  const uint32_t *asked; /* as rule_base_asked gives it: of the rest, only what costs nothing is looked at; NULL: everything is */
  int deadline_ms;       /* 0: COLLECT_DEADLINE_MS on this machine, none for a captured tree; what is late is unreadable */

  bool network;                 /* opt in: the probes of network.* */
  const char *metadata_address; /* NULL: 169.254.169.254 */
  int metadata_port;            /* 0: 80 */
  const char *public_ip_url;    /* http://HOST[:PORT]/PATH that answers with the address of who asks; NULL: not asked */
  const char *route_target;     /* address towards which the route is looked at; NULL: not looked at */

  bool storage_speed;      /* opt in: writes and removes one file */
  const char *storage_dir; /* NULL: the working directory */
  size_t storage_bytes;    /* 0: COLLECT_STORAGE_BYTES */
};

/* Fills `report`, which comes from report_new; sets its id, observed_at and method where they are still NULL. A source
 * that cannot be read is a fact of its own and no error. 0, STATUS_MEMORY, or STATUS_CAPTURE (the root, or a file that
 * was named, cannot be read) with the reason in `diags`. */
int collect_machine(const struct collect_options *options, struct report *report, struct diag_list *diags);

/* Reads a captured machine: root/, environ, dmesg.txt, commands/NAME, capture.yaml; at least one of them must be there.
 * 0 and *report owned by the caller, or STATUS_MEMORY or STATUS_CAPTURE with the reason in `diags`. */
int collect_capture(const char *dir, const char *const *paths, size_t path_count, const struct fact_catalog *catalog, struct report **report,
                    struct diag_list *diags);

#endif
