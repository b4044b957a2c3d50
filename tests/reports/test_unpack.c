/* Packed streams: whole, several in a row, cut, damaged, padded, empty, and bytes that are not packed at all; in pieces of every size. */
#include "tests/check.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "collectors/os.h"
#include "reports/unpack.h"

#define MOST ((size_t)1 << 20)

static char path[] = "/tmp/hostprint-unpack-XXXXXX";
static char plain[300000], packed[MOST], out[MOST];

static size_t gzip(const char *text, size_t length, char *to) {
  z_stream stream = {0};
  CHECK(deflateInit2(&stream, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  stream.next_in = (Bytef *)(uintptr_t)text;
  stream.avail_in = (uInt)length;
  stream.next_out = (Bytef *)to;
  stream.avail_out = (uInt)MOST / 2;
  CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  deflateEnd(&stream);
  return stream.total_out;
}

static size_t zstd(const char *text, size_t length, char *to) { return ZSTD_compress(to, MOST / 2, text, length, 3); }

/* Reads the bytes back in pieces of `step`: their number, the code in *code. */
static size_t read_all(const char *bytes, size_t length, size_t step, int *code) {
  size_t total = 0, got = 1;
  CHECK(os_write_file(path, bytes, length) == 0);
  struct unpack *unpack = unpack_open(path);
  CHECK(unpack != NULL);
  *code = 0;
  while (unpack && !*code && got && total + step <= MOST) {
    *code = unpack_read(unpack, out + total, step, &got);
    total += got;
  }
  CHECK(*code != UNPACK_DAMAGED || unpack_why(unpack)[0]);
  unpack_close(unpack);
  return total;
}

static bool reads(const char *bytes, size_t length, const char *want, size_t wanted) {
  static const size_t steps[] = {1, 7, 4096, 65536, 200000};
  for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
    int code;
    if (read_all(bytes, length, steps[i], &code) != wanted || code || memcmp(out, want, wanted) != 0) return false;
  }
  return true;
}

static bool fails(const char *bytes, size_t length) {
  int code;
  read_all(bytes, length, 4096, &code);
  return code == UNPACK_DAMAGED;
}

static void packer(size_t (*pack)(const char *, size_t, char *)) {
  size_t one = pack(plain, sizeof plain / 2, packed);
  CHECK(reads(packed, one, plain, sizeof plain / 2));
  size_t two = one + pack(plain + sizeof plain / 2, sizeof plain / 2, packed + one);
  CHECK(reads(packed, two, plain, sizeof plain));
  CHECK(fails(packed, one - 1) && fails(packed, two - 5) && fails(packed, one / 2) && fails(packed, one + 6));
  packed[one / 2] ^= 0x55;
  packed[one / 2 + 1] ^= 0x55;
  CHECK(fails(packed, one));
  one = pack("", 0, packed);
  CHECK(reads(packed, one, "", 0));
}

int main(void) {
  int code, file = mkstemp(path);
  CHECK(file >= 0 && close(file) == 0);
  srand(7);
  for (size_t i = 0; i < sizeof plain; i++) plain[i] = (char)("{\"facts\":1}\n"[i % 12] + (rand() % 50 == 0));
  packer(gzip);
  packer(zstd);
  size_t one = gzip(plain, 1000, packed);
  memset(packed + one, 0, 100000);
  CHECK(reads(packed, one + 100000, plain, 1000)); /* padded */
  memcpy(packed + one, "junk", 4);
  CHECK(fails(packed, one + 4));
  CHECK(reads(plain, sizeof plain, plain, sizeof plain) && reads("", 0, "", 0) && reads("\x1f", 1, "\x1f", 1) && reads("{}", 2, "{}", 2));
  CHECK(read_all("\x1f\x8b", 2, 10, &code) == 0 && code == UNPACK_DAMAGED);
  CHECK(unpack_open("/nonexistent/file") == NULL);
  unlink(path);
  return check_end("unpack");
}
