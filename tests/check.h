/* The few lines that every test program shares: named checks, counted, and a closing line. */
#ifndef HP_TESTS_CHECK_H
#define HP_TESTS_CHECK_H

#include <stdio.h>

static int check_passed, check_failed;

/* Counts the check; a failed one is printed with its place. */
#define CHECK(condition) check_note((condition) ? 1 : 0, #condition, __FILE__, __LINE__)

static inline void check_note(int holds, const char *what, const char *file, int line) {
  if (holds) {
    check_passed++;
    return;
  }
  check_failed++;
  printf("%s:%d: failed: %s\n", file, line, what);
}

/* The closing line; gives the exit code. */
static inline int check_end(const char *name) {
  printf("%s: %d passed, %d failed\n", name, check_passed, check_failed);
  return check_failed != 0;
}

#endif
