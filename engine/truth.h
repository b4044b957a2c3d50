/* The four truth values and their tables.
 *
 *   not        and      T  F  N  R      or       T  F  N  R        T true, F false,
 *   T -> F      T       T  F  N  R      T        T  T  T  T        N unknown (not looked at),
 *   F -> T      F       F  F  F  F      F        T  F  N  R        R unreadable (looked, refused)
 *   N -> N      N       N  F  N  R      N        T  N  N  R
 *   R -> R      R       R  F  R  R      R        T  R  R  R
 *
 * Unreadable wins over unknown because it says more: the fact was asked for and refused. */
#ifndef HP_TRUTH_H
#define HP_TRUTH_H

enum truth { TRUTH_FALSE, TRUTH_TRUE, TRUTH_UNKNOWN, TRUTH_UNREADABLE };

static inline enum truth truth_not(enum truth a) { return a == TRUTH_TRUE ? TRUTH_FALSE : a == TRUTH_FALSE ? TRUTH_TRUE : a; }

static inline enum truth truth_and(enum truth a, enum truth b) {
  if (a == TRUTH_FALSE || b == TRUTH_FALSE) return TRUTH_FALSE;
  if (a == TRUTH_UNREADABLE || b == TRUTH_UNREADABLE) return TRUTH_UNREADABLE;
  return a == TRUTH_UNKNOWN || b == TRUTH_UNKNOWN ? TRUTH_UNKNOWN : TRUTH_TRUE;
}

static inline enum truth truth_or(enum truth a, enum truth b) {
  if (a == TRUTH_TRUE || b == TRUTH_TRUE) return TRUTH_TRUE;
  if (a == TRUTH_UNREADABLE || b == TRUTH_UNREADABLE) return TRUTH_UNREADABLE;
  return a == TRUTH_UNKNOWN || b == TRUTH_UNKNOWN ? TRUTH_UNKNOWN : TRUTH_FALSE;
}

/* "true", "false", "unknown", "unreadable" */
static inline const char *truth_name(enum truth truth) {
  static const char *const names[] = {[TRUTH_FALSE] = "false", [TRUTH_TRUE] = "true", [TRUTH_UNKNOWN] = "unknown", [TRUTH_UNREADABLE] = "unreadable"};
  return names[truth];
}

#endif
