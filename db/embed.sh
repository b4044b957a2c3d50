#!/bin/sh
# Prints a C file that defines every text of sql.h: db/embed.sh db/*.sql > sql.c
# A text whose file is not among the arguments is empty.
set -eu
here=$(dirname "$0")
echo '#include "sql.h"'
sed -n 's/^extern const char sql_\([a-z_]*\)\[\];.*/\1/p' "$here/sql.h" | while read -r name; do
  printf 'const char sql_%s[] = {' "$name"
  for file in "$@"; do
    if [ "$(basename "$file" .sql)" = "$name" ]; then od -An -v -t u1 "$file" | sed 's/[0-9][0-9]*/&,/g'; fi
  done
  echo '0};'
done
