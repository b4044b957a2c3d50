/* See unpack.h. */
#include "unpack.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "../engine/mem.h"

#define PIECE_BYTES ((size_t)65536)
#define MAGIC_BYTES 4
#define GZIP_WINDOW (15 + 16) /* zlib: the largest window, and a gzip header */

enum packer { PACKER_UNKNOWN, PACKER_NONE, PACKER_GZIP, PACKER_ZSTD };

struct unpack {
  struct os_stream *stream;
  enum packer packer;
  char *piece; /* as read; PIECE_BYTES, and none for what is not packed */
  size_t at, length;
  uint64_t taken;
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
  mem_free(unpack->piece);
  mem_free(unpack);
}

const char *unpack_why(const struct unpack *unpack) { return unpack->why ? unpack->why : "damaged"; }

uint64_t unpack_taken(const struct unpack *unpack) { return unpack->taken; }

int unpack_file(const struct unpack *unpack, struct os_file *file) { return os_stream_file(unpack->stream, file); }

static int take(struct unpack *unpack, char *bytes, size_t size, size_t *got) {
  int error = os_stream_read(unpack->stream, bytes, size, got);
  if (!error) unpack->taken += *got;
  if (!error && !*got) unpack->ended = true;
  return error;
}

/* More bytes behind those that are left, until `wanted` are there or the stream ends. */
static int fill(struct unpack *unpack, size_t wanted) {
  if (unpack->at) memmove(unpack->piece, unpack->piece + unpack->at, unpack->length - unpack->at);
  unpack->length -= unpack->at;
  unpack->at = 0;
  while (unpack->length < wanted && !unpack->ended) {
    size_t got = 0;
    int error = take(unpack, unpack->piece + unpack->length, PIECE_BYTES - unpack->length, &got);
    if (error) return error;
    unpack->length += got;
  }
  return 0;
}

static int start_packed(struct unpack *unpack, enum packer packer) {
  if (packer == PACKER_GZIP) {
    unpack->gzip = (z_stream){.zalloc = gzip_take, .zfree = gzip_give};
    if (inflateInit2(&unpack->gzip, GZIP_WINDOW) != Z_OK) return ENOMEM;
  } else {
    unpack->zstd = ZSTD_createDStream();
    if (!unpack->zstd || ZSTD_isError(ZSTD_DCtx_setParameter(unpack->zstd, ZSTD_d_windowLogMax, UNPACK_WINDOW_LOG))) return ENOMEM;
  }
  unpack->packer = packer;
  return 0;
}

static enum packer packer_of(const char *bytes, size_t length) {
  static const char gzip[] = {'\x1f', '\x8b'}, zstd[] = {'\x28', '\xb5', '\x2f', '\xfd'};
  if (length >= sizeof gzip && memcmp(bytes, gzip, sizeof gzip) == 0) return PACKER_GZIP;
  return length >= sizeof zstd && memcmp(bytes, zstd, sizeof zstd) == 0 ? PACKER_ZSTD : PACKER_NONE;
}

/* The first bytes tell the packer. They are read to where the caller wants them: what is not packed is not copied. Those that came with an
 * error are kept in the piece, as all are where the caller has too little room to tell. */
static int start(struct unpack *unpack, char *bytes, size_t size, size_t *got) {
  bool direct = size >= MAGIC_BYTES && !unpack->length;
  size_t count = 0, more = 0, room = size < PIECE_BYTES ? size : PIECE_BYTES;
  int error = 0;
  while (direct && !error && count < MAGIC_BYTES && !unpack->ended) {
    error = take(unpack, bytes + count, room - count, &more);
    count += more;
  }
  *got = count;
  if (direct && !error && packer_of(bytes, count) == PACKER_NONE) {
    unpack->packer = PACKER_NONE;
    return 0;
  }
  if (!unpack->piece) unpack->piece = mem_new(PIECE_BYTES);
  if (!unpack->piece) return ENOMEM;
  if (count) memcpy(unpack->piece, bytes, count);
  if (count) unpack->length = count;
  *got = 0;
  if (!error) error = fill(unpack, MAGIC_BYTES);
  if (error) return error;
  enum packer packer = packer_of(unpack->piece, unpack->length);
  unpack->packer = PACKER_NONE;
  return packer == PACKER_NONE ? 0 : start_packed(unpack, packer);
}

static int damaged(struct unpack *unpack, const char *why) {
  unpack->why = why;
  return UNPACK_DAMAGED;
}

static int read_plain(struct unpack *unpack, char *bytes, size_t size, size_t *got) {
  size_t left = unpack->length - unpack->at;
  if (!left) return unpack->ended ? 0 : take(unpack, bytes, size, got);
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
  int error = unpack->packer == PACKER_UNKNOWN ? start(unpack, bytes, size, got) : 0;
  if (error || *got || (unpack->ended && !unpack->piece)) return error;
  return unpack->packer == PACKER_NONE ? read_plain(unpack, bytes, size, got) : read_packed(unpack, bytes, size, got);
}

/* A plain file is gone forward in, to its end at most. */
static int jump(struct unpack *unpack, uint64_t bytes, uint64_t *passed) {
  struct os_file file;
  int error = os_stream_file(unpack->stream, &file);
  if (error || !file.regular) return error;
  *passed = unpack->taken = bytes < file.size ? bytes : file.size;
  return os_stream_skip(unpack->stream, *passed);
}

int unpack_skip(struct unpack *unpack, uint64_t bytes, uint64_t *passed) {
  assert(unpack && passed && unpack->packer == PACKER_UNKNOWN);
  char *piece = bytes ? mem_new(PIECE_BYTES) : NULL;
  int error = bytes && !piece ? ENOMEM : 0;
  size_t got = 1;
  *passed = 0;
  while (!error && got && *passed < bytes) {
    uint64_t left = bytes - *passed;
    error = unpack_read(unpack, piece, left < PIECE_BYTES ? (size_t)left : PIECE_BYTES, &got);
    *passed += got;
    if (!error && got && unpack->packer == PACKER_NONE && !unpack->piece) error = jump(unpack, bytes, passed);
  }
  mem_free(piece);
  return error;
}
