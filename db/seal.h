/* The seal of an evidence DB: a digest (reports/digest.h) of the whole file, kept at its end. A changed byte, and a cut, break it.
 *
 * The last SEAL_BYTES of the file are "hostprint-seal:", 16 hexadecimal digits and a line end; the digest is that of all bytes before
 * them. Knows bytes only. A seal guards against damage; who forges a file can seal it too, and what names a file to others is its
 * SHA-256 (db_name in db.h).
 *
 * A look at this machine does not even read the whole file, see db_glance in db.h: it is guarded by the checksums of the rules it reads
 * (flat.h) and takes a file whose tables alone were changed. Whatever judges more than this machine has looked at the seal. */
#ifndef HP_DB_SEAL_H
#define HP_DB_SEAL_H

#include <stdbool.h>
#include <stddef.h>

#define SEAL_BYTES 32

/* True where a file ends with a seal, whatever its digits. */
bool seal_stands(const unsigned char *bytes, size_t length);
/* Writes the seal into the last SEAL_BYTES of a file that is whole but for them. */
void seal_write(unsigned char *bytes, size_t length);
/* True where there is a seal and it holds. */
bool seal_holds(const unsigned char *bytes, size_t length);

#endif
