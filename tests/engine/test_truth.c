/* The truth tables, written out by hand, and conditions up to depth 2 over all four values against them. */
#include "tests/check.h"

#include "engine/truth.h"

#define T TRUTH_TRUE
#define F TRUTH_FALSE
#define N TRUTH_UNKNOWN
#define R TRUTH_UNREADABLE

static const enum truth values[4] = {T, F, N, R};
static const enum truth and_table[4][4] = {{T, F, N, R}, {F, F, F, F}, {N, F, N, R}, {R, F, R, R}};
static const enum truth or_table[4][4] = {{T, T, T, T}, {T, F, N, R}, {T, N, N, R}, {T, R, R, R}};
static const enum truth not_table[4] = {F, T, N, R};

int main(void) {
  for (int a = 0; a < 4; a++) {
    CHECK(truth_not(values[a]) == not_table[a]);
    for (int b = 0; b < 4; b++) {
      CHECK(truth_and(values[a], values[b]) == and_table[a][b]);
      CHECK(truth_or(values[a], values[b]) == or_table[a][b]);
      CHECK(truth_not(truth_and(values[a], values[b])) == truth_or(truth_not(values[a]), truth_not(values[b])));
      for (int c = 0; c < 4; c++)
        CHECK(truth_and(truth_and(values[a], values[b]), values[c]) == truth_and(values[a], truth_and(values[b], values[c])));
    }
  }
  return check_end("truth");
}
