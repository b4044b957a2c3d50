/* See unpack.h. */
#include "unpack.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "../collectors/os.h"
#include "../engine/mem.h"

#define PIECE_BYTES ((size_t)65536)
#define MAGIC_BYTES 4
#define GZIP_WINDOW (15 + 16) /* zlib: the largest window, and a gzip header */

enum packer { PACKER_UNKNOWN, PACKER_NONE, PACKER_GZIP, PACKER_ZSTD };

struct unpack {
  struct os_stream *stream;
  enum packer packer;
  char piece[PIECE_BYTES]; /* as read */
  size_t at, length;
  bool ended;  /* the stream has no more */
  bool inside; /* a packed stream has begun and not ended */
  z_stream gzip;
  ZSTD_DStream *zstd;
  const char *why;
};

static void *gzip_take(void *nothing, unsigned count, unsigned size) {
  (void)nothing;
  return mem_new((size_t)count * size);
}

static void gzip_give(void *nothing, void *memory) {
  (void)nothing;
  mem_free(memory);
}

struct unpack *unpack_open(const char *path) {
  assert(path);
  struct unpack *unpack = mem_new(sizeof *unpack);
  if (!unpack) {
    errno = ENOMEM;
    return NULL;
  }
  unpack->stream = os_stream_open(path);
  if (unpack->stream) return unpack;
  int error = errno;
  mem_free(unpack);
  errno = error;
  return NULL;
}

void unpack_close(struct unpack *unpack) {
  if (!unpack) return;
  if (unpack->packer == PACKER_GZIP) inflateEnd(&unpack->gzip);
  ZSTD_freeDStream(unpack->zstd);
  os_stream_close(unpack->stream);
  mem_free(unpack);
}

const char *unpack_why(const struct unpack *unpack) { return unpack->why ? unpack->why : "damaged"; }

/* More bytes behind those that are left, until `wanted` are there or the stream ends. */
static int fill(struct unpack *unpack, size_t wanted) {
  if (unpack->at) memmove(unpack->piece, unpack->piece + unpack->at, unpack->length - unpack->at);
  unpack->length -= unpack->at;
  unpack->at = 0;
  while (unpack->length < wanted && !unpack->ended) {
    size_t got = 0;
    int error = os_stream_read(unpack->stream, unpack->piece + unpack->length, PIECE_BYTES - unpack->length, &got);
    if (error) return error;
    unpack->length += got;
    unpack->ended = got == 0;
  }
  return 0;
}

static int start(struct unpack *unpack) {
  static const char gzip[] = {'\x1f', '\x8b'}, zstd[] = {'\x28', '\xb5', '\x2f', '\xfd'};
  int error = fill(unpack, MAGIC_BYTES);
  if (error) return error;
  unpack->packer = PACKER_NONE;
  if (unpack->length >= sizeof gzip && memcmp(unpack->piece, gzip, sizeof gzip) == 0) {
    unpack->gzip = (z_stream){.zalloc = gzip_take, .zfree = gzip_give};
    if (inflateInit2(&unpack->gzip, GZIP_WINDOW) != Z_OK) return ENOMEM;
    unpack->packer = PACKER_GZIP;
  } else if (unpack->length >= sizeof zstd && memcmp(unpack->piece, zstd, sizeof zstd) == 0) {
    unpack->zstd = ZSTD_createDStream();
    if (!unpack->zstd || ZSTD_isError(ZSTD_DCtx_setParameter(unpack->zstd, ZSTD_d_windowLogMax, UNPACK_WINDOW_LOG))) return ENOMEM;
    unpack->packer = PACKER_ZSTD;
  }
  return 0;
}

static int damaged(struct unpack *unpack, const char *why) {
  unpack->why = why;
  return UNPACK_DAMAGED;
}

static int read_plain(struct unpack *unpack, char *bytes, size_t size, size_t *got) {
  size_t left = unpack->length - unpack->at;
  if (!left) return os_stream_read(unpack->stream, bytes, size, got);
  *got = left < size ? left : size;
  memcpy(bytes, unpack->piece + unpack->at, *got);
  unpack->at += *got;
  return 0;
}

/* Unpacks what is left of the piece into `bytes`: 0, or why not. */
static int inflate_piece(struct unpack *unpack, char *bytes, size_t size, size_t *got) {
  z_stream *gzip = &unpack->gzip;
  if (!unpack->inside && inflateReset(gzip) != Z_OK) return damaged(unpack, "a damaged gzip stream");
  unpack->inside = true;
  gzip->next_in = (Bytef *)(unpack->piece + unpack->at);
  gzip->avail_in = (uInt)(unpack->length - unpack->at);
  gzip->next_out = (Bytef *)bytes;
  gzip->avail_out = (uInt)size;
  int result = inflate(gzip, Z_NO_FLUSH);
  unpack->at = unpack->length - gzip->avail_in;
  *got = size - gzip->avail_out;
  if (result == Z_STREAM_END) unpack->inside = false;
  if (result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR) return 0;
  return result == Z_MEM_ERROR ? ENOMEM : damaged(unpack, "a damaged gzip stream");
}

static int zstd_piece(struct unpack *unpack, char *bytes, size_t size, size_t *got) {
  ZSTD_inBuffer in = {.src = unpack->piece, .size = unpack->length, .pos = unpack->at};
  ZSTD_outBuffer out = {.dst = bytes, .size = size};
  size_t result = ZSTD_decompressStream(unpack->zstd, &out, &in);
  unpack->at = in.pos;
  *got = out.pos;
  if (ZSTD_isError(result)) return damaged(unpack, "a damaged zstd stream, or one that asks for more memory than is allowed");
  unpack->inside = result != 0;
  return 0;
}

/* Zeros behind a gzip stream are what tape drives and some tools leave: the end. */
static bool is_padding(const struct unpack *unpack) {
  for (size_t i = unpack->at; i < unpack->length; i++)
    if (unpack->piece[i]) return false;
  return unpack->packer == PACKER_GZIP && !unpack->inside;
}

static int read_packed(struct unpack *unpack, char *bytes, size_t size, size_t *got) {
  for (;;) {
    if (unpack->at == unpack->length) {
      int error = fill(unpack, 1);
      if (error) return error;
    }
    bool over = unpack->length == unpack->at;
    if (over && !unpack->inside) return 0;
    if (is_padding(unpack) && !over) {
      unpack->at = unpack->length;
      continue;
    }
    int error = unpack->packer == PACKER_GZIP ? inflate_piece(unpack, bytes, size, got) : zstd_piece(unpack, bytes, size, got);
    if (error || *got) return error;
    if (over && unpack->inside) return damaged(unpack, "a packed stream that ends too early");
  }
}

int unpack_read(struct unpack *unpack, char *bytes, size_t size, size_t *got) {
  assert(unpack && bytes && size && got);
  *got = 0;
  int error = unpack->packer == PACKER_UNKNOWN ? start(unpack) : 0;
  if (error) return error;
  return unpack->packer == PACKER_NONE ? read_plain(unpack, bytes, size, got) : read_packed(unpack, bytes, size, got);
}
