/* The seal of an evidence DB: a SHA-256 over the whole file, kept at its end. Any changed byte, and any cut, breaks it.
 *
 * The last SEAL_BYTES of the file are "hostprint-seal:", 64 hexadecimal digits and a line end; the digest is taken over the file
 * as it is with zeros in place of the digits. Knows bytes only. A seal guards against damage; who forges a file can seal it too.
 *
 * Hashing costs milliseconds, so not every run looks: see db_load and db_glance in db.h. Who only glances is guarded by the
 * checksums of the rules he reads (flat.h) and takes a file whose tables alone were changed; whoever prints the SHA-256 of the
 * file, or judges more than this machine, has looked at the seal. */
#ifndef HP_DB_SEAL_H
#define HP_DB_SEAL_H

#include <stdbool.h>
#include <stddef.h>

#define SEAL_DIGITS 64
#define SEAL_BYTES 80

/* The end of a file that is still to be sealed: SEAL_BYTES characters, zeros for digits. */
extern const char seal_blank[SEAL_BYTES + 1];
/* True where a file ends with a seal, whatever its digits. */
bool seal_stands(const unsigned char *bytes, size_t length);
/* Writes the digits into a file that ends with a blank seal. False where there is no such seal. */
bool seal_write(unsigned char *bytes, size_t length);
/* True where the seal holds. `sha256` gets the plain SHA-256 of the file as hexadecimal text. */
bool seal_holds(const unsigned char *bytes, size_t length, char sha256[SEAL_DIGITS + 1]);

#endif
