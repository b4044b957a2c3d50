/* The flat form of a rule base: one run of bytes that can be used where it lies. Inside db/ only.
 *
 * Knows the shape of engine/rule.h and its own bytes. Must not know SQL, files, or what rules mean.
 *
 * All numbers are little-endian, doubles as the bits of IEEE 754. An absent text, fact or thing is FLAT_NONE.
 *
 *   header      8 bytes of magic, u32 format, u32 number of sections, u64 length of the whole
 *   directory   a section: char[16] name, u64 offset, u64 length, u64 checksum (XXH3) of its bytes
 *   u64         checksum of header and directory
 *   sections    each aligned to 8
 *
 * Sections of rules hold records of a fixed width, in order: see the tables in flat_write.c. A text is an offset into the section
 * "text" (what decides a verdict) or "prose" (what is only told: titles, addresses, reasons, conditions in words), where it ends
 * with NUL, as the section does: so every offset inside is a text. Slices need no offsets: things come sorted by layer and id,
 * the signals of a thing follow those of the one before, the nodes of a signal likewise; within a signal they lie in order of
 * breadth, root first, so that the children of a node begin where those of the node before end, and no circle can be written. A
 * signal names its first node too, so that it can be read alone.
 * The last section, "sums", has the checksums of every FLAT_BLOCK bytes of the sections of flat_large, in that order: whoever looks at a
 * few bytes of a large section checks a few blocks.
 * Sections of other names belong to whoever gave them: they come back as they were, unchecked but for their checksum. */
#ifndef HP_DB_FLAT_H
#define HP_DB_FLAT_H

#include "../engine/rule.h"
#include "../engine/status.h"

#define FLAT_MAGIC "HPFLAT\r\n"
#define FLAT_FORMAT 1
#define FLAT_NONE UINT32_MAX
#define FLAT_HEADER 24
#define FLAT_ENTRY 40
#define FLAT_NAME 16 /* with its NUL */
#define FLAT_SECTIONS_MOST 32
#define FLAT_BLOCK 4096                      /* bytes of one checksum in the section "sums" */
#define FLAT_LARGE_BYTES ((size_t)320 << 10) /* of a section that is checked by blocks at a glance: to check less at once costs less */
#define FLAT_DEPTH 32                        /* of a condition: what YAML may nest (yaml.h) */

enum flat_section {
  FLAT_MODEL,
  FLAT_FACTS,
  FLAT_LAYERS,
  FLAT_THINGS,
  FLAT_SOURCES,
  FLAT_SIGNALS,
  FLAT_NODES,
  FLAT_STACKS,
  FLAT_EXTRACTS,
  FLAT_TEXT,
  FLAT_PROSE,
  FLAT_SECTIONS
};

/* Name and width of the records of each section: one table for writer and reader. */
struct flat_shape {
  const char *name;
  size_t width;
};
extern const struct flat_shape flat_shapes[FLAT_SECTIONS];
#define FLAT_LARGE 3
extern const char *const flat_large[FLAT_LARGE];
extern const char flat_sums[];

/* Appends a finished base, and `count` more sections. The same base gives the same bytes. 0, or -1 when memory is out or the
 * base is beyond 4 GiB of text. `out` must be empty. */
int flat_write(const struct rule_base *base, const struct rule_section *more, size_t count, struct buffer *out);

/* Fills a new base from bytes as from an enemy: every index, offset, count and number is checked, and what a condition looks at.
 * Texts and sections stay where they are: the bytes must outlive the base. 0, or a status code with a reason in `diags`; then the
 * base is only fit to be freed.
 *
 * FLAT_GLANCE leaves the checksum of prose alone (its texts are then still texts), checks large sections block by block as they are looked
 * at (rule_touch), and reads a signal only when it is asked for, by rule_signal: not by threads. A signal in a changed block makes the base
 * broken. One that turns out to be no signal after all, which no damage but only malice can do, decides nothing. */
enum flat_look { FLAT_GLANCE, FLAT_WHOLE };
/* Tests only: sections of so many bytes or more are large; 0: FLAT_LARGE_BYTES. */
void flat_large_from(size_t bytes);
int flat_read(const unsigned char *bytes, size_t length, enum flat_look look, struct rule_base *base, const char *file, struct diag_list *diags);

#endif
