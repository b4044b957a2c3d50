/* The distribution, its C library, what the container manager left, and the tools on PATH. Knows /etc/os-release and
 * where loaders lie; must not know what a distribution tells. */
#include <errno.h>
#include <string.h>

#include "context.h"

static struct slice unquoted(struct slice text) {
  bool quoted = text.length >= 2 && (text.text[0] == '"' || text.text[0] == '\'') && text.text[text.length - 1] == text.text[0];
  return quoted ? slice_first(slice_from(text, 1), text.length - 2) : text;
}

static void read_release(struct collect *c) {
  static const struct {
    const char *fact, *name;
  } fields[] = {
      {"os.id", "ID"}, {"os.name", "NAME"}, {"os.pretty_name", "PRETTY_NAME"}, {"os.variant_id", "VARIANT_ID"}, {"os.version_id", "VERSION_ID"}};
  struct slice text, value;
  int error = collect_read(c, "/etc/os-release", 65536, &text);
  if (error == ENOENT) error = collect_read(c, "/usr/lib/os-release", 65536, &text);
  for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
    if (error)
      collect_miss(c, fields[i].fact, "/etc/os-release", error);
    else if (slice_field(text, fields[i].name, '=', &value))
      collect_text(c, fields[i].fact, unquoted(value));
    else
      collect_lacks(c, fields[i].fact);
  }
}

static void read_container(struct collect *c) {
  static const char first[] = "/run/systemd/container", second[] = "/run/host/container-manager";
  struct slice text;
  if (collect_read(c, first, COLLECT_VALUE_BYTES, &text) == 0)
    collect_text(c, "os.container", slice_trim(text));
  else
    collect_text_file(c, "os.container", second);
}

static void read_libc(struct collect *c) {
  static const char *const directories[] = {"/lib64", "/lib", "/usr/lib64", "/usr/lib"};
  static const char *const loaders[][2] = {{"ld-linux", "glibc"}, {"ld-musl-", "musl"}, {"ld64.so", "glibc"}};
  const char *found = NULL;
  int error = ENOENT;
  for (size_t i = 0; i < sizeof directories / sizeof *directories && !found; i++) {
    char **names;
    size_t count;
    if (collect_names(c, directories[i], &names, &count)) continue;
    error = 0;
    for (size_t k = 0; k < count * 3 && !found; k++)
      if (strncmp(names[k / 3], loaders[k % 3][0], strlen(loaders[k % 3][0])) == 0) found = loaders[k % 3][1];
  }
  if (found)
    collect_text(c, "os.libc", slice_of(found));
  else
    collect_miss(c, "os.libc", "/lib", error ? error : ENOENT);
}

void collect_os_release(struct collect *c) {
  read_release(c);
  read_container(c);
  if (collect_asked(c, "os.libc")) read_libc(c);
}

static const char *const tools[] = {
    "apk",  "apt-get", "bash", "bun", "busybox", "cargo", "curl",   "deno",    "dnf",  "docker", "gcc",       "git", "go",
    "java", "kubectl", "node", "npm", "perl",    "php",   "podman", "python3", "ruby", "rustc",  "systemctl", "uv",  "wget",
};

/* One directory of PATH, and what tells it from every other. */
struct place {
  const char *path;
  uint64_t identity[2];
};

/* True where the directory stands in PATH before its place there. */
static bool is_again(struct slice path, struct slice directory) {
  struct slice before;
  while (slice_take(&path, ':', &before) && before.text < directory.text)
    if (before.length == directory.length && memcmp(before.text, directory.text, before.length) == 0) return true;
  return false;
}

static bool is_among(const struct place *places, size_t count, const struct place *place) {
  for (size_t i = 0; i < count; i++)
    if (memcmp(places[i].identity, place->identity, sizeof place->identity) == 0) return true;
  return false;
}

/* The directories of PATH that are there, each once whatever its names. NULL: memory ran out. */
static struct place *find_places(struct collect *c, struct slice path, size_t *count) {
  struct place *places = arena_take_array(c->arena, path.length / 2 + 1, sizeof *places);
  struct slice directory, rest = path;
  *count = 0;
  if (!places) c->failed = true;
  while (places && slice_take(&rest, ':', &directory)) {
    struct place *place = &places[*count];
    if (!slice_starts(directory, "/") || is_again(path, directory)) continue;
    place->path = collect_kept(c, arena_text(c->arena, directory.text, directory.length));
    if (place->path && os_root_directory(c->root, place->path, place->identity) == 0 && !is_among(places, *count, place)) (*count)++;
  }
  return places;
}

/* The first of the places that has the tool. NULL: none. */
static char *find_tool(struct collect *c, const struct place *places, size_t count, const char *tool) {
  for (size_t i = 0; i < count; i++) {
    bool is_directory = false;
    char *file = collect_path(c, places[i].path, tool);
    if (file && os_root_exists(c->root, file, &is_directory) == 0 && !is_directory) return file;
  }
  return NULL;
}

void collect_runtimes(struct collect *c) {
  const struct value *environment = collect_value(c, "env");
  const struct value *given = environment ? value_member(environment, "PATH") : NULL;
  struct slice path = given ? (struct slice){given->text, given->length} : slice_of("/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
  struct pair pairs[sizeof tools / sizeof *tools];
  size_t count = 0, place_count;
  if (!c->root) return;
  const struct place *places = find_places(c, path, &place_count);
  for (size_t i = 0; i < sizeof tools / sizeof *tools; i++) {
    char *file = find_tool(c, places, place_count, tools[i]);
    if (file) pairs[count++] = (struct pair){.key = tools[i], .value = collect_make_text(c, slice_of(file), COLLECT_VALUE_BYTES)};
  }
  collect_map(c, "runtimes", pairs, count, false);
}
