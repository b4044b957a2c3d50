/* The seal of an evidence DB: a SHA-256 over the whole file, kept inside it. Any changed byte, and any cut, breaks it.
 *
 * It stands in the table seal as "hostprint-seal:" and 64 hexadecimal digits, and is taken over the file as it is with
 * zeros in place of the digits. Knows bytes only. A seal guards against damage; who forges a file can seal it too. */
#ifndef HP_DB_SEAL_H
#define HP_DB_SEAL_H

#include <stdbool.h>
#include <stddef.h>

#define SEAL_DIGITS 64

/* Writes the digits into a file whose seal has zeros. False where there is no such seal. */
bool seal_write(unsigned char *bytes, size_t length);
/* True where the seal holds. `sha256` gets the plain SHA-256 of the file as hexadecimal text. */
bool seal_holds(const unsigned char *bytes, size_t length, char sha256[SEAL_DIGITS + 1]);

#endif
