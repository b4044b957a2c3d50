/* Proves what collectors/os.h promises: roots that links cannot leave, special files that never block, limits that hold,
 * files that are whole or not there. */
#include "collectors/os.h"
#include "folder.h"

static char top[256]; /* holds root/ and, beside it, a secret that no root may show */
static char root_path[300];

static void build_root(void) {
  folder_new(top, sizeof top);
  snprintf(root_path, sizeof root_path, "%s/root", top);
  put(top, "secret", "outside\n");
  put(top, "root/etc/name", "inside\n");
  put(top, "root/secret", "secret inside\n");
  put(top, "root/a/b/c/file", "deep\n");
  put_link(root_path, "up", "../secret");
  put_link(root_path, "far-up", "../../../../../../secret");
  put_link(root_path, "absolute", "/etc/name");
  put_link(root_path, "a/b/climb", "../../../../etc/name");
  put_link(root_path, "a/b/c/from-below", "/etc/name");
  put_link(root_path, "directory", "a/b");
  put_link(root_path, "loop-one", "loop-two");
  put_link(root_path, "loop-two", "loop-one");
  put_link(root_path, "self", "self");
  put_link(root_path, "dangling", "nowhere/at/all");
  put_link(root_path, "root", "/");
  put(root_path, "chain/0", "end\n");
  for (int i = 1; i <= 41; i++) {
    char name[32], target[32];
    snprintf(name, sizeof name, "chain/%d", i);
    snprintf(target, sizeof target, "%d", i - 1);
    put_link(root_path, name, target);
  }
  if (mkfifo(in_folder(root_path, "fifo"), 0666)) perror("mkfifo");
  put_link(root_path, "to-fifo", "fifo");
}

/* Reads a path under the root; the text is compared, the status returned. */
static int read_is(struct os_root *root, const char *path, const char *text) {
  struct buffer out = {0};
  int error = os_root_read(root, path, 4096, &out, NULL);
  if (!error && (!out.text || strcmp(out.text, text) != 0)) error = -1;
  buffer_free(&out);
  return error;
}

static void test_links(struct os_root *root, const char *how) {
  fprintf(stderr, "links, %s\n", how);
  PROVE(!read_is(root, "/etc/name", "inside\n"), "a plain file is read");
  PROVE(!read_is(root, "etc//./name", "inside\n"), "blank and dot components are skipped");
  PROVE(!read_is(root, "/a/b/../b/c/file", "deep\n"), ".. goes one up inside the root");
  PROVE(!read_is(root, "/../../../secret", "secret inside\n"), ".. cannot climb above the root");
  PROVE(!read_is(root, "/absolute", "inside\n"), "an absolute link is taken from the root");
  PROVE(!read_is(root, "/a/b/c/from-below", "inside\n"), "from anywhere below it too");
  PROVE(!read_is(root, "/a/b/climb", "inside\n"), "a link with too many .. stays in the root");
  PROVE(!read_is(root, "/up", "secret inside\n"), "a link to ../secret ends at the root's own file");
  PROVE(!read_is(root, "/far-up", "secret inside\n"), "a link far up ends at the root's own file");
  PROVE(!read_is(root, "/directory/c/file", "deep\n"), "a link to a directory is followed on the way");
  PROVE(!read_is(root, "/directory/../b/c/file", "deep\n"), ".. after a link is taken from where the link leads");
  PROVE(!read_is(root, "/root/root/root/etc/name", "inside\n"), "a link to / is the root");
  PROVE(read_is(root, "/loop-one", "") == ELOOP, "two links in a circle");
  PROVE(read_is(root, "/self", "") == ELOOP, "a link to itself");
  PROVE(read_is(root, "/dangling", "") == ENOENT, "a link to nothing");
  PROVE(read_is(root, "/etc/name/more", "") == ENOTDIR, "a file is no directory");
  PROVE(read_is(root, "/etc", "") == EISDIR, "a directory is no file");
  PROVE(read_is(root, "/nothing", "") == ENOENT, "what is not there");
}

static void test_special(struct os_root *root) {
  bool directory = true;
  PROVE(read_is(root, "/fifo", "") == EINVAL, "a fifo is refused and never blocks");
  PROVE(read_is(root, "/to-fifo", "") == EINVAL, "a link to a fifo is refused");
  PROVE(os_root_exists(root, "/fifo", &directory) == 0 && !directory, "a fifo exists");
  PROVE(os_root_exists(root, "/a/b", &directory) == 0 && directory, "a directory exists");
  PROVE(os_root_exists(root, "/dangling", NULL) == ENOENT, "a dangling link does not exist");
  PROVE(os_root_exists(root, "/etc/name/x", NULL) == ENOTDIR, "below a file nothing exists");
  PROVE(os_root_exists(root, "/self", NULL) == ELOOP, "a loop cannot be told");
}

static void test_link_text(struct os_root *root) {
  struct buffer out = {0};
  PROVE(os_root_link(root, "/a/b/climb", &out) == 0 && strcmp(out.text, "../../../../etc/name") == 0, "the text of a link is not resolved");
  buffer_clear(&out);
  PROVE(os_root_link(root, "/directory/climb", &out) == 0, "links on the way to a link are followed");
  PROVE(os_root_link(root, "/etc/name", &out) == EINVAL, "a file is not a link");
  PROVE(os_root_link(root, "/nothing", &out) == ENOENT, "what is not there is not a link");
  buffer_free(&out);
}

static void test_chain(struct os_root *root) {
  PROVE(!read_is(root, "/chain/39", "end\n"), "39 links are followed");
  PROVE(!read_is(root, "/chain/40", "end\n"), "40 links are followed");
  PROVE(read_is(root, "/chain/41", "") == ELOOP, "41 links are too many");
}

static void test_limits(struct os_root *root) {
  struct buffer out = {0};
  bool truncated = true;
  put(root_path, "hundred", "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789");
  PROVE(os_root_read(root, "/hundred", 101, &out, &truncated) == 0 && out.length == 100 && !truncated, "a file of limit - 1 bytes is whole");
  buffer_clear(&out);
  PROVE(os_root_read(root, "/hundred", 100, &out, &truncated) == 0 && out.length == 100 && !truncated, "a file of limit bytes is whole");
  buffer_clear(&out);
  PROVE(os_root_read(root, "/hundred", 99, &out, &truncated) == 0 && out.length == 99 && truncated,
        "of a file of limit + 1 bytes the end is left out");
  buffer_clear(&out);
  PROVE(os_read_file(in_folder(root_path, "hundred"), 100, &out) == 0 && out.length == 100, "a plain file of limit bytes is read");
  buffer_clear(&out);
  PROVE(os_read_file(in_folder(root_path, "hundred"), 99, &out) == EFBIG, "a plain file of limit + 1 bytes is refused");
  buffer_free(&out);
}

static void test_map(void) {
  unsigned char *bytes;
  size_t length;
  PROVE(os_map(in_folder(root_path, "hundred"), 100, &bytes, &length) == 0 && length == 100 && bytes[99], "a file of limit bytes is mapped");
  os_unmap(bytes, length);
  PROVE(os_map(in_folder(root_path, "hundred"), 99, &bytes, &length) == EFBIG && !bytes, "one of limit + 1 bytes is refused");
  put(root_path, "empty", "");
  PROVE(os_map(in_folder(root_path, "empty"), 99, &bytes, &length) == 0 && !bytes && !length, "an empty file is no bytes");
  os_unmap(bytes, length);
  PROVE(os_map(in_folder(root_path, "nothing-here"), 99, &bytes, &length) == ENOENT, "a missing file is missing");
  PROVE(os_map(root_path, 99, &bytes, &length) == EISDIR, "a directory is no file");
  PROVE(os_map(in_folder(root_path, "fifo"), 99, &bytes, &length) == EINVAL, "a pipe neither blocks nor is a file");
  os_fail_after(1);
  PROVE(os_map(in_folder(root_path, "hundred"), 100, &bytes, &length) == EIO && !bytes, "a failure that is injected is told");
  os_fail_after(0);
}

static void test_list(struct os_root *root) {
  struct arena *arena = arena_new();
  char **names = NULL;
  size_t count = 0;
  put(root_path, "list/c", "");
  put(root_path, "list/a", "");
  put(root_path, "list/b", "");
  PROVE(os_root_list(root, "/list", 4, arena, &names, &count) == 0 && count == 3 && !strcmp(names[0], "a") && !strcmp(names[2], "c"),
        "names are sorted");
  PROVE(os_root_list(root, "/list", 3, arena, &names, &count) == 0 && count == 3, "as many names as the limit");
  PROVE(os_root_list(root, "/list", 2, arena, &names, &count) == 0 && count == 2, "no more names than the limit");
  PROVE(os_root_list(root, "/etc/name", 2, arena, &names, &count) == ENOTDIR && count == 0, "a file cannot be listed");
  PROVE(os_root_list(root, "/up-and-away", 2, arena, &names, &count) == ENOENT, "what is not there cannot be listed");
  arena_free(arena);
}

static bool file_holds(const char *path, const char *text) {
  struct buffer out = {0};
  bool same = os_read_file(path, 4096, &out) == 0 && out.length == strlen(text) && (!out.length || !memcmp(out.text, text, out.length));
  buffer_free(&out);
  return same;
}

static void test_write(void) {
  struct arena *arena = arena_new();
  char path[400], **names = NULL;
  size_t count = 0;
  put(top, "out/old", "old");
  snprintf(path, sizeof path, "%s/out/new", top);
  PROVE(os_write_file(path, "text", 4) == 0 && file_holds(path, "text"), "a new file is written");
  PROVE(os_write_file(path, "", 0) == 0 && file_holds(path, ""), "a file is replaced");
  PROVE(os_write_file(in_folder(top, "out/missing/x"), "a", 1) == ENOENT, "no directory is made");
  put_link(top, "out/link", "old");
  PROVE(os_write_file(in_folder(top, "out/link"), "through", 7) == 0 && file_holds(in_folder(top, "out/old"), "through"),
        "a link is written through");
  PROVE(os_write_file("/dev/null", "x", 1) == 0, "a device is written into");
  PROVE(os_publish(in_folder(top, "out/old"), in_folder(top, "out/link")) == EINVAL, "a link is not replaced by publishing");
  os_fail_after(2);
  PROVE(os_write_file(path, "half", 4) != 0, "a fault on the way is told");
  os_fail_after(0);
  PROVE(file_holds(path, ""), "after a fault the old file is whole");
  os_fail_after(3);
  PROVE(os_write_file(path, "half", 4) == EIO, "a fault while publishing is told");
  os_fail_after(0);
  PROVE(file_holds(path, ""), "after a fault while publishing the old file is whole");
  PROVE(os_list(in_folder(top, "out"), 10, arena, &names, &count) == 0 && count == 3, "no temporary file is left over");
  arena_free(arena);
}

static void test_pieces(void) {
  struct arena *arena = arena_new();
  char **names;
  size_t count = 0;
  const char *path = in_folder(top, "pieces/new");
  put(top, "pieces/old", "old\n");
  struct os_writer *writer = os_writer_open(path);
  PROVE(writer && os_writer_put(writer, "one ", 4) == 0 && os_writer_put(writer, "two", 3) == 0, "a file in pieces");
  PROVE(access(path, F_OK) != 0, "is not there before it is whole");
  PROVE(os_writer_close(writer, true) == 0 && file_holds(path, "one two"), "and whole when it is kept");
  writer = os_writer_open(in_folder(top, "pieces/old"));
  PROVE(writer && os_writer_put(writer, "new", 3) == 0 && os_writer_close(writer, false) == 0, "a file that is not kept");
  PROVE(file_holds(in_folder(top, "pieces/old"), "old\n"), "leaves what was there");
  writer = os_writer_open(path);
  os_fail_after(1);
  PROVE(writer && os_writer_put(writer, "x", 1) == EIO && os_writer_close(writer, true) == EIO, "faults are told");
  PROVE(!os_writer_open(path) && errno == EIO, "when it is opened too");
  os_fail_after(0);
  PROVE(file_holds(path, "one two"), "and change nothing");
  writer = os_writer_open("/dev/null");
  PROVE(writer && os_writer_put(writer, "x", 1) == 0 && os_writer_close(writer, true) == 0, "a device is written into");
  PROVE(!os_writer_open(in_folder(top, "missing/x")) && errno == ENOENT, "no directory is made");
  PROVE(os_writer_close(NULL, true) == 0, "nothing to close");
  PROVE(os_list(in_folder(top, "pieces"), 10, arena, &names, &count) == 0 && count == 2, "no temporary file is left over");
  PROVE(os_make_directory(in_folder(top, "pieces")) == EEXIST && os_make_directory(in_folder(top, "made")) == 0, "directories");
  arena_free(arena);
}

static void test_faults(struct os_root *root) {
  struct buffer out = {0};
  os_fail_after(2);
  PROVE(os_root_read(root, "/etc/name", 10, &out, NULL) == 0, "the call before the fault works");
  PROVE(os_root_read(root, "/etc/name", 10, &out, NULL) == EIO, "the n-th call fails");
  PROVE(os_root_exists(root, "/etc/name", NULL) == EIO, "and all after it");
  PROVE(os_root_open(root_path) == NULL && errno == EIO, "opening a root too");
  os_fail_after(0);
  PROVE(os_root_exists(root, "/etc/name", NULL) == 0, "until it is turned off");
  buffer_free(&out);
}

static void test_live(void) {
  struct os_root *root = os_root_open("/");
  struct buffer out = {0};
  PROVE(os_root_read(root, "/proc/self/status", 65536, &out, NULL) == 0 || os_root_exists(root, "/proc", NULL) != 0, "files of /proc are read");
  PROVE(os_root_read(root, "/dev/null", 16, &out, NULL) == EINVAL, "a device is refused on this machine too");
  PROVE(os_root_open(in_folder(top, "none")) == NULL && errno == ENOENT, "a root must be there");
  PROVE(os_root_open(in_folder(top, "secret")) == NULL && errno == ENOTDIR, "a root must be a directory");
  buffer_free(&out);
  os_root_close(root);
}

static void test_clocks(void) {
  unsigned char one[16] = {0}, two[16] = {0};
  int64_t before = os_ticks();
  PROVE(os_ticks() >= before, "ticks never go back");
  PROVE(os_now() > 1500000000, "the clock counts seconds since 1970");
  PROVE(os_random(one, sizeof one) == 0 && os_random(two, sizeof two) == 0 && memcmp(one, two, sizeof one) != 0, "random bytes differ");
}

int main(void) {
  build_root();
  struct os_root *root = os_root_open(root_path);
  for (int by_hand = 0; by_hand < 2; by_hand++) {
    os_force_walk(by_hand);
    test_links(root, by_hand ? "by hand" : "by the kernel where it can");
    test_special(root);
    test_link_text(root);
    test_chain(root);
    test_limits(root);
    test_map();
    test_list(root);
  }
  test_write();
  test_pieces();
  test_faults(root);
  os_root_close(root);
  test_live();
  test_clocks();
  folder_remove(top);
  return check_end("test_os");
}
