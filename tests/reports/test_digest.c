/* Digests: every byte counts, the two ways to reckon them agree, and they are what XXH3 is elsewhere. */
#include "reports/digest.h"
#include "tests/check.h"

static unsigned char bytes[3000];

/* Wherever a byte stands it counts, and so do the end and the seed. */
static void all_counts(void) {
  unsigned char text[600] = {0};
  for (size_t length = 0; length <= sizeof text; length += length < 40 ? 1 : 61) {
    uint64_t digest = digest_bytes(7, text, length);
    CHECK(digest == digest_bytes(7, text, length) && digest != digest_bytes(8, text, length));
    CHECK(!length || digest != digest_bytes(7, text, length - 1));
    for (size_t i = 0; i < length; i++) {
      text[i] = 1;
      CHECK(digest_bytes(7, text, length) != digest);
      text[i] = 0;
    }
  }
  CHECK(digest_number(1, 2) != digest_number(2, 1) && digest_number(1, 2) == digest_number(1, 2));
}

static void ways_agree(void) {
  uint64_t wide;
  for (size_t length = 0; length < 512; length += 37) CHECK(!digest_wide(5, bytes, length, &wide) || wide == digest_bytes(5, bytes, length));
}

/* The values of the library's own program, of these bytes. */
static void is_xxh3(void) {
  CHECK(digest_bytes(0, "", 0) == 0x2d06800538d394c2u && digest_bytes(0, NULL, 0) == digest_bytes(0, "", 0));
  CHECK(digest_bytes(0, bytes, 3000) == 0xf8b5749ec75008abu && digest_bytes(0, bytes, 511) == 0xcdbe65adeaae8878u);
}

/* The same of both halves of a pair. */
static void pairs(void) {
  uint64_t pair[2], other[2], wide[2];
  digest_pair(0, "", 0, pair);
  CHECK(pair[1] == 0x99aa06d3014798d8u && pair[0] == 0x6001c324468d497fu);
  for (size_t length = 1; length <= sizeof bytes; length += length < 40 ? 1 : 97) {
    digest_pair(5, bytes, length, pair);
    CHECK(pair[0] != pair[1] && (!digest_wide_pair(5, bytes, length, wide) || (wide[0] == pair[0] && wide[1] == pair[1])));
    digest_pair(6, bytes, length, other);
    CHECK(other[0] != pair[0] && other[1] != pair[1]);
    bytes[length / 2] ^= 1;
    digest_pair(5, bytes, length, other);
    bytes[length / 2] ^= 1;
    CHECK(other[0] != pair[0] && other[1] != pair[1]);
  }
}

int main(void) {
  for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (unsigned char)(i * 7 + i / 256);
  all_counts();
  ways_agree();
  is_xxh3();
  pairs();
  return check_end("test_digest");
}
