-- Statements of the compiler, and of who reads tables, by name; see statement.h.
-- Rows that are numbered from 1 in the order they come in are given no number: SQLite counts, and need not look whether one is taken.

-- name: prepare_file
pragma encoding = 'UTF-8';
pragma page_size = 4096;
pragma auto_vacuum = none;
pragma foreign_keys = off;          -- what is written was linked before; the tests look at every key
pragma application_id = 1213223508; -- DB_APPLICATION_ID
pragma user_version = 4;            -- DB_VERSION

-- name: begin
begin;

-- name: finish_rows
create index condition_signal on condition (signal_id); -- of rows that are there: in order, each page filled

-- name: begin_search
insert into signal_search (signal_search, rank) values ('hashsize', 1073741824); -- written in one piece: nothing has to be merged

-- name: insert_search
insert into signal_search (rowid, thing, words) values (?1, ?2, ?3);

-- name: finish_file
delete from signal_search_config where k = 'hashsize';
commit;

-- name: insert_meta
insert into meta (name, value) values (?1, ?2);

-- name: insert_word
insert into word (word, probability) values (?1, ?2);

-- name: insert_model
insert into model (name, value, why) values (?1, ?2, ?3);

-- name: insert_layer
insert into layer (layer, position, title, known) values (?1, ?2, ?3, ?4);

-- name: insert_fact
insert into fact (fact, type, unit, fields, how, privilege, forge, caveat) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8);

-- name: insert_platform
insert into platform (layer, id, name, category, kind_of, phrase, prior, draft, file) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9);

-- name: insert_source
insert into source (platform_id, source, title, url, observed) values (?1, ?2, ?3, ?4, ?5);

-- name: insert_signal
insert into signal (platform_id, signal, position, grouping, seen, elsewhere, volatile, why, source_id, text, line)
values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11);

-- name: insert_condition
insert into condition (signal_id, parent_id, position, operator, at_least, fact, key, matcher, operand)
values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9);

-- name: insert_expectation
insert into expectation (platform_id, layer, id, probability) values (?1, ?2, ?3, ?4);

-- name: insert_extract
insert into extract (platform_id, detail, position, fact, key, regex) values (?1, ?2, ?3, ?4, ?5, ?6);

-- name: insert_documented
insert into documented (platform_id, attribute, position, value) values (?1, ?2, ?3, ?4);

-- name: insert_example
insert into example (platform_id, report, facts, expect, why, line) values (?1, ?2, ?3, ?4, ?5, ?6);

-- name: insert_fact_set
insert into fact_set (set_id, position, fact) values (?1, ?2, ?3);

-- name: insert_distinction
insert into distinction (one, other, set_id, smallest, one_bits, other_bits) values (?1, ?2, ?3, ?4, ?5, ?6);

-- name: documented_of
select attribute, value from documented join platform using (platform_id) where layer = ?1 and id = ?2 order by documented.position;
