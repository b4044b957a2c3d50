#!/bin/sh
# Prints metadata for Datasette: db/metadata.sh > metadata.json; then: datasette evidence.db work.db -m metadata.json
# Descriptions are the comments of the SQL files, queries those of the cookbook, the rest stands in metadata.txt: nothing is written twice.
set -eu
cd "$(dirname "$0")"
awk '
function json(text) {
  gsub(/[\\"]/, "\\\\&", text); gsub(/\n/, "\\n", text); gsub(/\t/, "\\t", text)
  return "\"" text "\""
}
function words(from, text, i) { text = $from; for (i = from + 1; i <= NF; i++) text = text " " $i; return text }
function list(text, count, parts, i, out) {
  count = split(text, parts, " ")
  for (i = 1; i <= count; i++) out = out (i > 1 ? ", " : "") json(parts[i])
  return "[" out "]"
}
function add(map, key, value) { map[key] = map[key] (map[key] == "" ? "" : ", ") value }
function behind(mark, at) { at = index($0, mark); return at ? substr($0, at + length(mark)) : "" }

FNR == 1 { table = view = query = "" }
FILENAME == "metadata.txt" {
  if ($0 ~ /^#/ || NF < 3) next
  if ($2 == "facets") add(extra, $1, json("facets") ": " list(words(3)))
  else if ($2 == "unit") add(units, $1, json($3) ": " json(words(4)))
  else if ($2 == "column") add(columns, $1, json($3) ": " json(words(4)))
  else if ($2 == "label") add(extra, $1, json("label_column") ": " json($3))
  else if ($2 == "fts") add(extra, $1, json("fts_table") ": " json($3) ", " json("fts_pk") ": " json($4))
  else add(extra, $1, json($2) ": " json($3))
  next
}

FILENAME == "cookbook.sql" {
  if ($0 ~ /^-- name: /) { query = $3; queries[++query_count] = query; arguments[query] = 0; next }
  if (query == "") next
  if ($0 ~ /^-- title: /) title[query] = behind("-- title: ")
  else if ($0 ~ /^-- on: /) on[query] = $3
  else if ($0 ~ /^-- argument: /) {
    argument[query, ++arguments[query]] = tolower($3)
    note[query] = note[query] (note[query] == "" ? "" : " ") tolower($3) ": " words(4) "."
  } else if (sql[query] == "" && $0 ~ /^-- /) note[query] = note[query] (note[query] == "" ? "" : " ") substr($0, 4)
  else sql[query] = sql[query] (sql[query] == "" ? "" : "\n") $0
  next
}

/^create (table|view) / {
  table = $3
  tables[++table_count] = table
  kept_in[table] = FILENAME ~ /^store/ ? "work" : "evidence"
  description[table] = behind("-- ")
  view = $2 == "view"
  next
}
/^\)/ || /^$/ { table = "" }
table == "" { next }
view && /^-- / { description[table] = description[table] (lines[table]++ ? " " : ". ") substr($0, 4); next }
view { table = ""; next }
/^  [a-z_]+ / && $1 != "primary" && $1 != "unique" && index($0, "-- ") { add(columns, table, json($1) ": " json(behind("-- "))) }

function print_tables(work, i, name, first) {
  first = 1
  for (i = 1; i <= table_count; i++) {
    name = tables[i]
    if (!work && kept_in[name] == "work") continue
    printf "%s\n        %s: {%s: %s", first ? "" : ",", json(name), json("description"), json(description[name])
    if (columns[name] != "") printf ", %s: {%s}", json("columns"), columns[name]
    if (units[name] != "") printf ", %s: {%s}", json("units"), units[name]
    if (extra[name] != "") printf ", %s", extra[name]
    printf "}"
    first = 0
  }
}
function print_queries(work, i, k, name, text, first) {
  first = 1
  for (i = 1; i <= query_count; i++) {
    name = queries[i]
    if (!work && on[name] == "work") continue
    text = sql[name]
    sub(/[ \n]+$/, "", text)
    for (k = 1; k <= arguments[name]; k++) gsub("\\?" k, ":" argument[name, k], text)
    printf "%s\n        %s: {%s: %s, %s: %s, %s: %s}", first ? "" : ",", json(name), json("title"), json(title[name]), json("description"), \
      json(note[name]), json("sql"), json(text)
    first = 0
  }
}
function print_database(name, text, work) {
  printf "    %s: {\n      %s: %s,\n      %s: {", json(name), json("description"), json(text), json("tables")
  print_tables(work)
  printf "\n      },\n      %s: {", json("queries")
  print_queries(work)
  printf "\n      }\n    }"
}
END {
  printf "{\n  %s: %s,\n  %s: %s,\n  %s: {\n", json("title"), json("hostprint"), json("description"), \
    json("What machines run on, and how one knows: signals with their weights, reasons and sources. Start with the table readme."), json("databases")
  print_database("evidence", "The rule base: everything that can be recognised, and how.", 0)
  print ","
  print_database("work", "The rule base together with stored reports, verdicts and evidence; from hostprint store work.db PATH...", 1)
  print "\n  }\n}"
}
' metadata.txt cookbook.sql schema.sql views.sql founding.sql store.sql store_views.sql
