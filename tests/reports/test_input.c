/* Walking over paths: files, directories, NDJSON, standard input; bad records are told and passed over. */
#include "tests/check.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "collectors/catalog.h"
#include "collectors/os.h"
#include "reports/input.h"
#include "reports/walk.h"

static char folder[] = "/tmp/hostprint-input-XXXXXX";

static char *path_of(const char *name) {
  static char paths[8][256];
  static size_t next;
  char *path = paths[next++ % 8];
  snprintf(path, sizeof paths[0], "%s/%s", folder, name);
  return path;
}

static void make(const char *name, const char *text) { CHECK(os_write_file(path_of(name), text, strlen(text)) == 0); }
static void make_folder(const char *name) { CHECK(mkdir(path_of(name), 0755) == 0); }

#define REPORT "{\"schema\":\"hostprint.report/1\",\"facts\":{}}"
#define NAMED(id) "{\"schema\":\"hostprint.report/1\",\"id\":\"" id "\",\"facts\":{}}"

static struct diag_list *diags;
static char seen[1024]; /* ids of the reports read, one blank after each; "!" for a failure */

/* Walks the paths, ids in `seen`, and gives the number of failures. */
static size_t walk(const char *const *paths, size_t count) {
  diag_list_free(diags);
  diags = diag_list_new();
  seen[0] = 0;
  size_t failures = 0;
  struct input *input = input_open(&catalog, paths, count);
  for (;;) {
    struct report *report;
    int status = input_next(input, &report, diags);
    if (status == INPUT_END) break;
    failures += status != 0;
    size_t length = strlen(seen);
    snprintf(seen + length, sizeof seen - length, "%s ", status ? "!" : report->id);
    report_free(report);
  }
  struct report *none;
  CHECK(input_next(input, &none, diags) == INPUT_END && !none);
  input_close(input);
  return failures;
}

static size_t walk_one(const char *name) {
  const char *path = path_of(name);
  return walk(&path, 1);
}

static int told(size_t index, int code, const char *file, size_t line) {
  return index < diags->count && diags->items[index].code == code && strstr(diags->items[index].file, file) && diags->items[index].line == line;
}

static void files(void) {
  make("one.json", "{\n  \"schema\": \"hostprint.report/1\",\n  \"facts\": {}\n}\n");
  make("bad.json", "{\n \"schema\": \"hostprint.report/1\",\n \"facts\": {\"cpu\":{\"count\":\"x\"}}}");
  make("empty.json", "");
  make("rule.yaml", "id: x\n");
  make("verdict.json", "{\"schema\":\"hostprint.verdict/1\"}");
  CHECK(walk_one("one.json") == 0 && strcmp(seen, "one ") == 0);
  CHECK(walk_one("bad.json") == 1 && told(0, STATUS_REPORT_TYPE, "bad.json", 3));
  CHECK(walk_one("empty.json") == 1 && told(0, STATUS_REPORT_JSON, "empty.json", 1));
  CHECK(walk_one("rule.yaml") == 1 && told(0, STATUS_REPORT_SCHEMA, "rule.yaml", 0));
  CHECK(walk_one("verdict.json") == 1 && told(0, STATUS_REPORT_SCHEMA, "verdict.json", 1));
  CHECK(walk_one("nowhere.json") == 1 && told(0, STATUS_IO, "nowhere.json", 0));
  const char *several[] = {path_of("bad.json"), path_of("nowhere"), path_of("one.json")};
  CHECK(walk(several, 3) == 2 && strcmp(seen, "! ! one ") == 0);
  CHECK(walk(NULL, 0) == 0 && seen[0] == 0);
}

static void lines(void) {
  make("many.ndjson", NAMED("a") "\n\n{broken\r\n" REPORT "\r\n \t\r\n" NAMED("z"));
  CHECK(walk_one("many.ndjson") == 1 && strcmp(seen, "a ! many:4 z ") == 0 && told(0, STATUS_REPORT_JSON, "many.ndjson", 3));
  make("ended.jsonl", NAMED("a") "\n" NAMED("b") "\n");
  CHECK(walk_one("ended.jsonl") == 0 && strcmp(seen, "a b ") == 0);
  make("nothing.ndjson", "\n\n");
  CHECK(walk_one("nothing.ndjson") == 0 && seen[0] == 0);
}

/* More than one piece of the stream, so that records straddle pieces. */
static void long_streams(void) {
  struct buffer text = {0};
  for (int i = 0; i < 3000; i++)
    buffer_format(&text, "{\"schema\":\"hostprint.report/1\",\"id\":\"%d\",\"facts\":{\"kernel\":{\"release\":\"%0*d\"}}}\n", i, i % 97 + 1, 0);
  CHECK(os_write_file(path_of("long.ndjson"), text.text, text.length) == 0);
  buffer_free(&text);
  const char *path = path_of("long.ndjson");
  struct diag_list *list = diag_list_new();
  struct input *input = input_open(&catalog, &path, 1);
  struct report *report;
  int count = 0, status;
  while ((status = input_next(input, &report, list)) == 0) {
    count += atol(report->id) == count;
    report_free(report);
  }
  CHECK(status == INPUT_END && count == 3000 && list->count == 0);
  input_close(input);
  diag_list_free(list);
}

static void too_long(void) {
  struct buffer text = {0};
  buffer_add(&text, NAMED("a") "\n");
  size_t before = text.length, fill = REPORT_BYTES + 1;
  CHECK(mem_grow(&text.text, &text.capacity, before + fill + 100, 1) == 0);
  memset(text.text + before, ' ', fill);
  text.length += fill;
  buffer_add(&text, "\n" NAMED("b") "\n");
  CHECK(os_write_file(path_of("wide.ndjson"), text.text, text.length) == 0);
  CHECK(walk_one("wide.ndjson") == 1 && strcmp(seen, "a ! b ") == 0 && told(0, STATUS_REPORT_SIZE, "wide.ndjson", 2));
  CHECK(os_write_file(path_of("wide.json"), text.text + before, fill) == 0);
  CHECK(walk_one("wide.json") == 1 && told(0, STATUS_REPORT_SIZE, "wide.json", 1));
  memcpy(text.text + before, NAMED("n"), sizeof NAMED("n") - 1);
  CHECK(os_write_file(path_of("wide.ndjson"), text.text + before, REPORT_BYTES) == 0);
  CHECK(walk_one("wide.ndjson") == 0 && strcmp(seen, "n ") == 0);
  buffer_free(&text);
  os_remove(path_of("wide.ndjson"));
  os_remove(path_of("wide.json"));
}

static void directories(void) {
  make_folder("tree");
  make_folder("tree/a");
  make_folder("tree/.hidden");
  make_folder("hollow");
  make("tree/a.json", REPORT);
  make("tree/a/inner.json", REPORT);
  make("tree/a-b.json", REPORT);
  make("tree/z.ndjson", NAMED("z1") "\n" NAMED("z2") "\n");
  make("tree/expected.json", "{}");
  make("tree/expected.yaml", "x: 1");
  make("tree/report.schema.json", "{}");
  make("tree/notes.txt", "no");
  make("tree/.hidden/h.json", REPORT);
  CHECK(walk_one("tree") == 0 && strcmp(seen, "a-b a inner z1 z2 ") == 0);
  CHECK(walk_one("tree/") == 0 && strcmp(seen, "a-b a inner z1 z2 ") == 0);
  CHECK(walk_one("hollow") == 1 && told(0, STATUS_IO, "hollow", 0));
  make_folder("tree/machine");
  make_folder("tree/machine/root");
  make("tree/machine/root/settings.json", "{}");
  CHECK(walk_one("tree") == 1 && strcmp(seen, "a-b a inner ! z1 z2 ") == 0 && told(0, STATUS_CAPTURE, "machine", 0));
  CHECK(walk_one("tree/machine") == 1 && told(0, STATUS_CAPTURE, "machine", 0));
}

static void deep_directories(void) {
  char name[512] = "deep";
  make_folder(name);
  for (int i = 0; i < INPUT_DIRECTORY_DEPTH; i++) {
    strncat(name, "/d", sizeof name - strlen(name) - 1);
    make_folder(name);
  }
  char inside[600];
  snprintf(inside, sizeof inside, "%s/r.json", name);
  make(inside, REPORT);
  CHECK(walk_one("deep") == 0 && strcmp(seen, "r ") == 0);
  snprintf(inside, sizeof inside, "%s/e", name);
  make_folder(inside);
  CHECK(walk_one("deep") == 1 && told(0, STATUS_LIMIT, "/e", 0));
}

static size_t walk_input(const char *text) {
  make("stdin", text);
  int kept = dup(STDIN_FILENO), fd = open(path_of("stdin"), O_RDONLY);
  dup2(fd, STDIN_FILENO);
  close(fd);
  const char *path = "-";
  size_t failures = walk(&path, 1);
  if (kept >= 0) dup2(kept, STDIN_FILENO);
  if (kept >= 0) close(kept);
  return failures;
}

static void standard_input(void) {
  CHECK(walk_input("{\n \"schema\": \"hostprint.report/1\",\n \"facts\": {}\n}\n") == 0 && strcmp(seen, "stdin ") == 0);
  CHECK(walk_input(REPORT "\n" NAMED("b") "\n{\n" REPORT) == 1 && strcmp(seen, "stdin:1 b ! stdin:4 ") == 0);
  CHECK(walk_input(NAMED("one")) == 0 && strcmp(seen, "one ") == 0);
  CHECK(walk_input("") == 1 && told(0, STATUS_REPORT_JSON, "-", 1));
  CHECK(walk_input("nonsense\n" REPORT) == 1);
}

static void failing_reads(void) {
  const char *path = path_of("one.json");
  size_t n = 1;
  for (; n < 10; n++) {
    os_fail_after(n);
    size_t failures = walk(&path, 1);
    os_fail_after(0);
    CHECK(failures == 0 || diags->count == 1);
    if (failures == 0) break;
  }
  CHECK(n > 2 && n < 10);
}

static int remove_one(const char *path, const struct stat *info, int flag, struct FTW *walker) {
  (void)info;
  (void)flag;
  (void)walker;
  return remove(path);
}

/* Packed by gzip(1) and zstd's library: the same records; a stream that is cut gives what is whole, and says where it ends. */
static void packed(void) {
  char bytes[4096], cut[4096];
  size_t length = 0;
  const char lines[] = NAMED("p") "\n" NAMED("q") "\n" REPORT "\n";
  make_folder("packed");
  length = ZSTD_compress(bytes, sizeof bytes, lines, strlen(lines), 3);
  CHECK(os_write_file(path_of("packed/a.ndjson.zst"), bytes, length) == 0);
  CHECK(os_write_file(path_of("packed/b.jsonl.gz"), bytes, length) == 0); /* the name says gzip, the bytes zstd */
  CHECK(walk_one("packed") == 0 && strcmp(seen, "p q a:3 p q b:3 ") == 0);
  length = ZSTD_compress(bytes, sizeof bytes, NAMED("one"), strlen(NAMED("one")), 3);
  CHECK(os_write_file(path_of("one.json.zst"), bytes, length) == 0 && walk_one("one.json.zst") == 0 && strcmp(seen, "one ") == 0);
  length = ZSTD_compress(bytes, sizeof bytes, lines, strlen(lines), 3);
  size_t second = ZSTD_compress(cut, sizeof cut, lines, strlen(lines), 3);
  memcpy(bytes + length, cut, second - 4);
  CHECK(os_write_file(path_of("cut.ndjson.zst"), bytes, length + second - 4) == 0);
  CHECK(walk_one("cut.ndjson.zst") == 1 && strncmp(seen, "p q cut:3 ", 10) == 0 && strchr(seen, '!'));
  CHECK(diags->count == 1 && diags->items[0].line >= 4 && strstr(diags->items[0].message, "ends too early"));
}

#define MOST 64

/* What a record is to those who compare: its place and its text. */
struct seen {
  struct input_mark from;
  char text[96];
};

static bool same_mark(struct input_mark a, struct input_mark b) {
  return a.files == b.files && a.offset == b.offset && a.line == b.line && a.stats == b.stats;
}

/* Fills chunks of this size to the end: the records in `all`, the mark behind each chunk in `ends` with how many records lie before it. */
static size_t take_all(struct input *input, size_t bytes, size_t most, struct seen *all, struct input_mark *ends, size_t *before, size_t *end_count) {
  struct input_chunk chunk;
  size_t count = 0;
  CHECK(input_chunk_new(&chunk, bytes, most) == 0);
  if (end_count) *end_count = 0;
  while (input_fill(input, &chunk) == 0) {
    CHECK(chunk.count <= most);
    for (size_t i = 0; i < chunk.count && count < MOST; i++, count++) {
      const struct input_record *record = &chunk.records[i];
      all[count].from = record->from;
      snprintf(all[count].text, sizeof all[count].text, "%s:%zu %.*s", record->status ? "!" : record->stem, record->line, (int)record->length,
               record->status ? "" : record->text);
    }
    if (end_count) {
      ends[*end_count] = chunk.end;
      before[(*end_count)++] = count;
    }
  }
  input_chunk_free(&chunk);
  return count;
}

/* From every mark the walk goes on with just what lies behind it, and up to every mark it reads just what lies before it. */
static void marks(void) {
  static struct seen all[MOST], part[MOST];
  static struct input_mark ends[MOST];
  static size_t before[MOST];
  char bytes[4096];
  const char lines[] = NAMED("m1") "\n\n" REPORT "\r\n{broken\n \n" NAMED("m4");
  make_folder("marked");
  make("marked/a.ndjson", lines);
  make("marked/b.json", NAMED("whole"));
  make("marked/c.ndjson", REPORT "\n" REPORT "\n");
  make("marked/e.ndjson", "");
  size_t length = ZSTD_compress(bytes, sizeof bytes, lines, strlen(lines), 3);
  CHECK(os_write_file(path_of("marked/d.ndjson.zst"), bytes, length) == 0);
  const char *paths[] = {path_of("marked"), path_of("marked/nowhere.json"), path_of("marked/rule.yaml"), path_of("marked/c.ndjson")};
  make("marked/rule.yaml", "id: x\n");
  for (size_t most = 1; most <= 5; most++) {
    struct input *input = input_open(&catalog, paths, 4);
    size_t end_count, count = take_all(input, most == 5 ? 65536 : 64, most, all, ends, before, &end_count);
    input_close(input);
    CHECK(count == 15);
    for (size_t i = 0; i < end_count; i++) {
      input = input_open(&catalog, paths, 4);
      CHECK(input_seek(input, &ends[i]) == 0 && same_mark(input_at(input), ends[i]));
      size_t left = take_all(input, 64, 2, part, NULL, NULL, NULL);
      CHECK(left == count - before[i]);
      for (size_t k = 0; k < left; k++) CHECK(same_mark(part[k].from, all[before[i] + k].from) && strcmp(part[k].text, all[before[i] + k].text) == 0);
      input_close(input);
      input = input_open(&catalog, paths, 4);
      input_until(input, &ends[i]);
      CHECK(take_all(input, 300, 3, part, NULL, NULL, NULL) == before[i] && same_mark(input_at(input), ends[i]));
      input_until(input, NULL);
      CHECK(take_all(input, 300, 3, part, NULL, NULL, NULL) == count - before[i]);
      input_close(input);
    }
  }
  /* a record's own place is a mark too; and files that changed, or standard input, are no place to go to unseen */
  struct input *input = input_open(&catalog, paths, 4);
  CHECK(input_seek(input, &all[2].from) == 0 && take_all(input, 64, 1, part, NULL, NULL, NULL) == 13 && strcmp(part[0].text, all[2].text) == 0);
  input_close(input);
  make("marked/a.ndjson", NAMED("m2"));
  input = input_open(&catalog, paths, 4);
  CHECK(input_seek(input, &all[5].from) == INPUT_END);
  input_close(input);
  const char *standard = "-";
  input = input_open(&catalog, &standard, 1);
  CHECK(input_seek(input, &(struct input_mark){.files = 1, .line = 2, .offset = 10}) == INPUT_END);
  input_close(input);
}

static void avoided(void) {
  struct os_file file;
  make_folder("written");
  make("written/a.json", NAMED("a"));
  make("written/b.ndjson", NAMED("b") "\n");
  CHECK(os_file(path_of("written/b.ndjson"), &file) == 0 && file.regular && file.size == strlen(NAMED("b")) + 1);
  const char *path = path_of("written");
  struct input *input = input_open(&catalog, &path, 1);
  struct input_record record;
  input_avoid(input, file.device, file.inode);
  CHECK(input_next_record(input, &record, diags) == 0 && strcmp(record.file + strlen(path), "/a.json") == 0);
  CHECK(input_next_record(input, &record, diags) == INPUT_END);
  input_close(input);
}

static void measured(void) {
  uint64_t bytes;
  const char *one = path_of("one.json"), *both[] = {one, path_of("packed")}, *standard = "-";
  struct os_file file;
  CHECK(os_file(one, &file) == 0 && walk_measure(&one, 1, &bytes) && bytes == file.size);
  CHECK(walk_measure(both, 2, &bytes) && bytes > file.size && !walk_measure(&standard, 1, &bytes));
}

int main(void) {
  if (!mkdtemp(folder)) return 2;
  files();
  lines();
  long_streams();
  too_long();
  directories();
  deep_directories();
  standard_input();
  failing_reads();
  packed();
  marks();
  avoided();
  measured();
  diag_list_free(diags);
  nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
  return check_end("test_input");
}
