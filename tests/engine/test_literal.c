/* Required literals: what every match of a pattern must hold. */
#include <string.h>

#include "engine/literal.h"
#include "tests/check.h"

/* The literals joined by blanks; "" where none is known. */
static const char *of(const char *pattern, int (*find)(const char *, struct arena *, struct literals *), struct arena *arena) {
  struct literals literals;
  if (find(pattern, arena, &literals)) return "(out of memory)";
  const char *joined = "";
  for (size_t i = 0; i < literals.count; i++) joined = arena_format(arena, "%s%s%s", joined, i ? " " : "", literals.items[i]);
  return joined;
}

int main(void) {
  static const struct {
    const char *pattern, *literals;
  } regexes[] = {
      {"abc", "abc"},
      {"^abc$", "abc"},
      {"ab?cdef", "cdef"},          /* what is optional is not required */
      {"abcd*ef", "abc"},           /* the first of the longest */
      {"abc+de", "abc"},            /* once at least, then anything */
      {"ab{0,3}cd", "cd"},          /* */
      {"ab{2,3}cd", "ab"},          /* */
      {"x[0-9]+-aster$", "-aster"}, /* a class breaks the run */
      {"\\.(beamlit\\.net|blaxel\\.ai)$", "beamlit.net blaxel.ai"},
      {"(?:foo|bar)baz", "baz"},
      {"foo|bar", "foo bar"},
      {"foo|b", ""},   /* one alternative has none that is long enough */
      {"(foo)?x", ""}, /* */
      {"a|", ""},
      {"(?i)abc", ""},           /* flags are not understood */
      {"abc(?=def)", ""},        /* nor what looks ahead */
      {"\\Qa.b\\E", ""},         /* nor quotes */
      {"\\p{Lu}abc", ""},        /* nor properties, whose braces would look like text */
      {"[[:alpha:]]abc", "abc"}, /* */
      {"[]abc]def", "def"},      /* a bracket first in a class is one of it */
      {"[^]abc]def", "def"},     /* */
      {"[\\]abc]def", "def"},    /* */
      {"a{x}bc", ""},            /* no quantifier */
      {"\\bttyS\\b", "ttyS"},    /* places take nothing */
      {"/v4/[0-9a-f-]{36}$", "/v4/"},
      {"caf\xc3\xa9?xyz", "caf"}, /* the whole character is optional */
      {"((((((((((abc))))))))))", ""},
      {"", ""},
      {"(ab|cd)(efgh|ijkl)", "efgh ijkl"},
  };
  static const struct {
    const char *pattern, *literals;
  } globs[] = {
      {"/dev/*", "/dev/"}, {"*.example.com", ".example.com"}, {"a?cde*", "cde"}, {"[abc]*defg", ""}, {"ab\\*cdef", "ab"}, {"*", ""}, {"abc", "abc"},
      {"ab]cde", "cde"}};
  struct arena *arena = arena_new();
  for (size_t i = 0; i < sizeof regexes / sizeof *regexes; i++) {
    const char *found = of(regexes[i].pattern, literals_of_regex, arena);
    CHECK(strcmp(found, regexes[i].literals) == 0);
    if (strcmp(found, regexes[i].literals) != 0) printf("/%s/ has \"%s\", expected \"%s\"\n", regexes[i].pattern, found, regexes[i].literals);
  }
  for (size_t i = 0; i < sizeof globs / sizeof *globs; i++) {
    const char *found = of(globs[i].pattern, literals_of_glob, arena);
    CHECK(strcmp(found, globs[i].literals) == 0);
    if (strcmp(found, globs[i].literals) != 0) printf("%s has \"%s\", expected \"%s\"\n", globs[i].pattern, found, globs[i].literals);
  }
  arena_free(arena);
  return check_end("test_literal");
}
