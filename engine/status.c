/* The table of status codes, and diagnostics. Must not know what any code is about beyond its line in the table. */
#include "status.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE(c, i, e, t, h) \
  { .code = STATUS_##c, .id = i, .title = t, .hint = h, .exit = EXIT_##e }

static const struct status_info table[] = {
    LINE(OK, "S000", VERDICT, "no error", ""),
    LINE(MEMORY, "S001", INTERNAL, "out of memory", "run with fewer jobs, or on a machine with more memory"),
    LINE(IO, "S002", INPUT, "cannot read or write", "check that the path exists and may be used"),
    LINE(LIMIT, "S003", INPUT, "over a limit", "make the input smaller"),
    LINE(RESUME, "S004", INPUT, "cannot be resumed", "without --resume the output is written anew"),

    LINE(REPORT_JSON, "I100", INPUT, "not JSON", "check that the file was saved whole; `hostprint collect -o FILE` writes a report"),
    LINE(REPORT_SCHEMA, "I101", INPUT, "not a report", "a report says \"schema\": \"hostprint.report/1\" and has \"facts\""),
    LINE(REPORT_TYPE, "I102", INPUT, "a fact of the wrong type", "`hostprint catalog` lists the type of every fact"),
    LINE(REPORT_DUPLICATE, "I103", INPUT, "the same key twice", "keep one of the two"),
    LINE(REPORT_NUL, "I104", INPUT, "a NUL inside a text", "remove it"),
    LINE(REPORT_ENCODING, "I105", INPUT, "not UTF-8", "save the file as UTF-8"),
    LINE(REPORT_DEPTH, "I106", INPUT, "nested too deep", "a report is at most a few levels deep"),
    LINE(REPORT_SIZE, "I107", INPUT, "too large", "shorten the value, or split the file into one report a line"),
    LINE(CAPTURE, "I108", INPUT, "not a captured machine", "a capture is a directory with root/, commands/ or capture.yaml"),
    LINE(IMPORT, "I109", INPUT, "cannot be imported", "`hostprint import --help` lists what is read"),

    LINE(RULE_YAML, "R200", RULES, "not YAML", "check the indentation and quotes around the place"),
    LINE(RULE_ENCODING, "R201", RULES, "not UTF-8", "save the file as UTF-8 without a byte order mark"),
    LINE(RULE_NUL, "R202", RULES, "a NUL in the file", "remove it"),
    LINE(RULE_TAB, "R203", RULES, "a tab", "indent with blanks"),
    LINE(RULE_ALIAS, "R204", RULES, "an anchor, alias or tag", "write the value out"),
    LINE(RULE_DUPLICATE_KEY, "R205", RULES, "the same key twice", "keep one of the two"),
    LINE(RULE_UNKNOWN_KEY, "R206", RULES, "an unknown key", "rules/README.md lists the keys"),
    LINE(RULE_MISSING_KEY, "R207", RULES, "a key is missing", "add it"),
    LINE(RULE_TYPE, "R208", RULES, "a value of the wrong kind", "rules/README.md shows the form"),
    LINE(RULE_DEPTH, "R209", RULES, "nested too deep", "flatten the condition, or use a shared signal"),
    LINE(RULE_SIZE, "R210", RULES, "too large", "shorten it"),
    LINE(RULE_ID, "R211", RULES, "not a valid id", "an id is lower-case letters, digits and hyphens, and equals the file's name"),
    LINE(RULE_LAYER, "R212", RULES, "no such layer", "use one of the layers of rules/model.yaml, and the directory of that name"),
    LINE(RULE_FACT, "R213", RULES, "no such fact", "`hostprint catalog` lists the facts"),
    LINE(RULE_MATCHER, "R214", RULES, "no such matcher", "rules/README.md lists the matchers"),
    LINE(RULE_OPERAND, "R215", RULES, "a matcher's value cannot be read", "rules/README.md shows the form of each matcher's value"),
    LINE(RULE_REGEX, "R216", RULES, "a regular expression does not compile", "it must be a PCRE2 pattern"),
    LINE(RULE_WEIGHT, "R217", RULES, "not a likelihood", "use a word of rules/model.yaml or a number from 0 to 1"),
    LINE(RULE_SOURCE, "R218", RULES, "a source is missing", "name one of the file's sources"),
    LINE(RULE_REFERENCE, "R219", RULES, "a name that stands for nothing", "check the spelling, or add the file it means"),
    LINE(RULE_DUPLICATE_ID, "R220", RULES, "the same id twice", "rename one of the two"),
    LINE(RULE_CYCLE, "R221", RULES, "kinds that run in a circle", "break the circle of kind_of"),
    LINE(RULE_DATE, "R222", RULES, "not a date", "write YYYY-MM-DD"),
    LINE(RULE_EXAMPLE, "R223", RULES, "an example fails", "mend the rule or its weights; the example says what must hold"),
    LINE(RULE_NO_EXAMPLE, "R224", RULES, "no positive example, or no near miss", "add one of each under examples"),
    LINE(RULE_FORMAT, "R225", RULES, "not in canonical form", "run `hostprint fmt`"),
    LINE(RULE_UNANCHORED, "R226", RULES, "a regular expression without a literal",
         "add some fixed text of three characters or more, so that it need not be tried on every value"),
    LINE(RULE_ENV_ONLY, "R227", RULES, "definitive evidence from variables only",
         "any tenant can set a variable: say rarely, or the floor of model.yaml, rather than never"),
    LINE(RULE_EMPTY, "R228", RULES, "nothing to compile", "name a directory that holds model.yaml and rule files"),
    LINE(RULE_VOLATILE, "R229", RULES, "a value that drifts", "match what stays the same, say volatile: true, or say in why that it is a constant"),
    LINE(RULE_STALE, "R230", RULES, "an old source", "look again, and set observed to the new date"),
    LINE(RULE_TWICE, "R231", RULES, "the same condition twice", "keep one of the two signals"),
    LINE(RULE_UNUSED, "R232", RULES, "a shared signal that nothing uses", "name it in a rule file, or remove it"),
    LINE(RULE_TRUE_ALWAYS, "R233", RULES, "a condition that always holds", "narrow it, or leave it out"),
    LINE(RULE_ANY_TEXT, "R234", RULES, "a pattern that any text satisfies", "say present, or name a text that tells something"),
    LINE(RULE_NEVER_TRUE, "R235", RULES, "a condition that can never hold", "two tests exclude each other: join them by any, or leave one out"),
    LINE(RULE_UNDECIDED, "R236", RULES, "a condition that is never decided", "ask for presence, or for a fact that is collected"),
    LINE(RULE_LITERAL_REGEX, "R237", RULES, "a regular expression that is only a text",
         "use equals, prefix, suffix or contains; `hostprint lint --fix` does it"),
    LINE(RULE_SHORT_PATTERN, "R238", RULES, "an unanchored short pattern", "add fixed text of three characters or more, or anchor it at ^ or $"),
    LINE(RULE_NEVER_BROKEN, "R239", RULES, "never elsewhere, and yet true there", "say rarely or a number, or narrow the condition"),
    LINE(RULE_ALWAYS_BROKEN, "R240", RULES, "always seen, and yet false in an example", "say usually or less, or mend the condition"),
    LINE(RULE_ONE_MISS, "R241", RULES, "only one near miss", "add another real trap: a client, an emulator, a self-hosted look-alike"),
    LINE(RULE_SHARED, "R242", RULES, "the same telling condition in another file", "move it to rules/lib and name it by signal:"),
    LINE(RULE_SOURCE_UNUSED, "R243", RULES, "a source that no signal names", "name it in a signal, or remove it"),
    LINE(RULE_SOURCE_PLAIN, "R244", RULES, "a source without https", "give the https address of the page"),
    LINE(RULE_WHY_END, "R245", RULES, "a why that is no sentence", "write a sentence that ends with a full stop"),
    LINE(RULE_WHY_LONG, "R246", RULES, "a why that is too long", "say in 200 characters what a reviewer can check"),
    LINE(RULE_WHY_TWICE, "R247", RULES, "the same why twice", "say what each of the two signals shows"),
    LINE(RULE_PHRASE, "R248", RULES, "a phrase that does not fit its layer", "write it as the sentence needs it: rules/README.md shows the forms"),
    LINE(RULE_CATEGORY, "R249", RULES, "a category that does not fit its layer", "use the category of the layer"),
    LINE(RULE_KIND_PRIOR, "R250", RULES, "a kind with a higher prior than its parent", "give the kind a lower prior: it is part of its parent"),
    LINE(RULE_HIGH_PRIOR, "R251", RULES, "a high prior", "leave it out, and let the evidence speak"),
    LINE(RULE_STACK_KIN, "R252", RULES, "a kind and its parent, both always", "keep the kind, and give the parent what is left"),
    LINE(RULE_STACK_SUM, "R253", RULES, "a stack that adds up to more than one", "the things of one layer exclude each other: lower some"),
    LINE(RULE_FORGEABLE, "R254", RULES, "nothing that a tenant cannot forge",
         "add a signal on the kernel, mounts or devices, or move the file to rules/draft"),
    LINE(RULE_GROUP_NAME, "R255", RULES, "a group that looks misspelt", "use the name of the other group, or one that differs more"),
    LINE(RULE_SIGNAL_NAME, "R256", RULES, "a signal id that repeats the file's id", "leave the file's id out: reports show both"),
    LINE(RULE_EXTRACT_PRIVATE, "R257", RULES, "a detail that identifies or is secret", "extract what tells about the platform, not the instance"),
    LINE(RULE_EXTRACT_GROUP, "R258", RULES, "an extract without a group", "put brackets around the part that is wanted, or leave the regex out"),
    LINE(RULE_ATTRIBUTE, "R259", RULES, "a documented attribute that looks misspelt", "use the name that the other files use"),
    LINE(RULE_NAME, "R260", RULES, "a name that does not go with its id", "name it as its maker does, and as no other file of the layer"),
    LINE(RULE_PLAIN_GLOB, "R261", RULES, "a glob without a wildcard", "use equals; `hostprint lint --fix` does it"),
    LINE(RULE_LIST_TWICE, "R262", RULES, "the same value twice in a list", "keep one of the two"),
    LINE(RULE_AGAINST, "R263", RULES, "a signal that argues against, unsaid", "say in why that it speaks against, or give seen a higher weight"),
    LINE(RULE_ROOT_ALWAYS, "R264", RULES, "always, in a log that loses lines", "say usually: early lines are lost, and the rest needs root"),
    LINE(RULE_NETWORK_ONLY, "R265", RULES, "strong evidence from the network only", "add a signal that can be read without the network"),
    LINE(RULE_EXAMPLE_TWICE, "R266", RULES, "the same example twice", "keep one of the two"),
    LINE(RULE_IDLE_MISS, "R267", RULES, "a near miss that cannot fail", "give it a fact that some signal of the file looks at"),
    LINE(RULE_UNFINISHED, "R268", RULES, "a mark of unfinished work", "finish it, or remove the mark"),
    LINE(RULE_JOIN_OF_ONE, "R269", RULES, "a join that joins nothing", "write the condition itself, or all: or any:"),
    LINE(RULE_MISS_WHY, "R270", RULES, "a near miss without a why", "say which trap it is"),
    LINE(RULE_LITERAL_PATTERN, "R271", RULES, "a text that looks like a pattern", "use regex or glob: a plain text must be equal"),
    LINE(RULE_SOURCE_FUTURE, "R272", RULES, "a source from the future", "set observed to the day on which it was seen"),
    LINE(RULE_SOURCE_TWICE, "R273", RULES, "the same source twice", "keep one of the two"),
    LINE(RULE_EXPORT_TWICE, "R274", RULES, "one export taken for two proofs",
         "give both signals one group: who sets one variable sets the other too"),

    LINE(DB_OPEN, "D300", DB, "the evidence DB cannot be opened", "build it with `hostprint compile RULES_DIR -o DB`, or name it with --db"),
    LINE(DB_FOREIGN, "D301", DB, "not an evidence DB", "name the file that `hostprint compile` wrote"),
    LINE(DB_OLDER, "D302", DB, "an evidence DB of an older version", "compile the rules again with this program"),
    LINE(DB_NEWER, "D303", DB, "an evidence DB of a newer version", "use a newer hostprint, or compile the rules again with this one"),
    LINE(DB_DAMAGED, "D304", DB, "the evidence DB has been changed or damaged", "compile the rules again, or fetch the file anew"),
    LINE(DB_CATALOG, "D305", DB, "the evidence DB asks for facts that this program does not know",
         "use the hostprint that compiled it, or compile the rules again"),
    LINE(DB_WRITE, "D306", DB, "the evidence DB cannot be written", "check the directory and the space left"),
    LINE(STORE_FOREIGN, "D307", DB, "not a work DB", "name a file that `hostprint store` made, or one that is not there yet"),
    LINE(STORE_VERSION, "D308", DB, "a work DB of another version", "use the hostprint that made it, or store the reports in a new one"),
    LINE(STORE_DAMAGED, "D309", DB, "the work DB is damaged", "take a copy from before, or store the reports in a new one"),
    LINE(STORE_USE, "D310", DB, "the work DB cannot be used", "check the directory, the space left, and who else is writing; what was stored stays"),
    LINE(STORE_RULES, "D311", DB, "the work DB is judged by other rules", "take over those wanted with `hostprint rejudge`, or leave --db out"),
    LINE(QUERY, "D312", DB, "the query cannot be run on this DB", "`hostprint query` lists the queries and what each needs"),
};

const struct status_info *status_info(int code) {
  for (size_t i = 0; i < sizeof table / sizeof *table; i++)
    if (table[i].code == code) return &table[i];
  return &table[1];
}

const struct status_info *status_info_at(size_t index) { return index < sizeof table / sizeof *table ? &table[index] : NULL; }

struct diag_list *diag_list_new(void) {
  struct arena *arena = arena_new();
  struct diag_list *list = arena ? arena_take(arena, sizeof *list) : NULL;
  if (!list) {
    arena_free(arena);
    return NULL;
  }
  list->arena = arena;
  return list;
}

void diag_list_free(struct diag_list *list) {
  if (!list) return;
  mem_free(list->items);
  arena_free(list->arena);
}

static const char *keep(struct diag_list *list, const char *text) { return text ? arena_text(list->arena, text, strlen(text)) : NULL; }

int diag_add(struct diag_list *list, struct diag diag) {
  if (!list) return diag.code;
  if (mem_grow(&list->items, &list->capacity, list->count + 1, sizeof *list->items)) return STATUS_MEMORY;
  diag.file = keep(list, diag.file);
  diag.rule = keep(list, diag.rule);
  diag.message = keep(list, diag.message);
  diag.hint = keep(list, diag.hint);
  list->items[list->count++] = diag;
  if (diag.severity == SEVERITY_ERROR) list->errors++;
  return diag.code;
}

int diag_format(struct diag_list *list, int code, const char *file, size_t line, size_t column, const char *format, ...) {
  char message[1024];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  return diag_add(list, (struct diag){.code = code, .file = file, .line = line, .column = column, .message = message});
}

static int compare_text(const char *a, const char *b) { return strcmp(a ? a : "", b ? b : ""); }

static int compare_diags(const void *left, const void *right) {
  const struct diag *a = left, *b = right;
  int order = compare_text(a->file, b->file);
  if (order == 0) order = (a->line > b->line) - (a->line < b->line);
  if (order == 0) order = (a->column > b->column) - (a->column < b->column);
  if (order == 0) order = a->code - b->code;
  return order ? order : compare_text(a->message, b->message);
}

void diag_sort(struct diag_list *list) {
  if (list && list->count) qsort(list->items, list->count, sizeof *list->items, compare_diags);
}

/* Bytes of the UTF-8 character that begins at `text`, by its form; 0 where none does. */
static size_t character(const unsigned char *text) {
  size_t length = text[0] < 0x80                      ? 1
                  : text[0] >= 0xc2 && text[0] < 0xe0 ? 2
                  : text[0] >= 0xe0 && text[0] < 0xf0 ? 3
                  : text[0] >= 0xf0 && text[0] < 0xf5 ? 4
                                                      : 0;
  for (size_t i = 1; i < length; i++)
    if ((text[i] & 0xc0) != 0x80) return 0;
  return length;
}

/* Messages quote what files hold: bytes that are no text, and controls, are shown as \xNN. */
static void add_quoted(struct buffer *out, const char *text) {
  for (size_t step; *text; text += step) {
    step = character((const unsigned char *)text);
    if (step && (unsigned char)*text >= ' ' && *text != 0x7f) {
      buffer_append(out, text, step);
    } else if (*text == '\n' || *text == '\t') {
      step = 1;
      buffer_append(out, " ", 1);
    } else {
      step = 1;
      buffer_format(out, "\\x%02x", (unsigned)(unsigned char)*text);
    }
  }
}

void diag_print(const struct diag *diag, struct buffer *out) {
  const struct status_info *info = status_info(diag->code);
  if (diag->file) {
    add_quoted(out, diag->file);
    buffer_add(out, ":");
  }
  if (diag->file && diag->line) buffer_format(out, "%zu:", diag->line);
  if (diag->file && diag->line && diag->column) buffer_format(out, "%zu:", diag->column);
  buffer_format(out, "%s%s %s: %s", diag->file ? " " : "", diag->severity == SEVERITY_ERROR ? "error" : "warning", info->id, info->title);
  if (diag->rule) buffer_format(out, " in %s", diag->rule);
  if (diag->message) {
    buffer_add(out, ": ");
    add_quoted(out, diag->message);
  }
  const char *hint = diag->hint ? diag->hint : info->hint;
  buffer_format(out, hint[0] ? "\n  %s\n" : "\n", hint);
}

enum exit_code diag_exit(const struct diag_list *list) {
  for (size_t i = 0; list && i < list->count; i++)
    if (list->items[i].severity == SEVERITY_ERROR) return status_info(list->items[i].code)->exit;
  return EXIT_VERDICT;
}

#define NEAR_BYTES 64

/* Levenshtein distance of two texts of at most NEAR_BYTES. */
static size_t distance(const char *a, const char *b) {
  size_t row[NEAR_BYTES + 1], width = strlen(b);
  for (size_t j = 0; j <= width; j++) row[j] = j;
  for (size_t i = 1; a[i - 1]; i++) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= width; j++) {
      size_t change = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      size_t step = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
      row[j] = change < step ? change : step;
    }
  }
  return row[width];
}

const char *status_nearest(const char *word, const char *const *candidates, size_t count) {
  assert(word);
  const char *nearest = NULL;
  size_t length = strlen(word), best = length / 3 + 1;
  if (length > NEAR_BYTES) return NULL;
  for (size_t i = 0; i < count; i++) {
    if (strlen(candidates[i]) > NEAR_BYTES) continue;
    size_t steps = distance(word, candidates[i]);
    if (steps > best || (steps == best && nearest)) continue;
    best = steps;
    nearest = candidates[i];
  }
  return nearest;
}
