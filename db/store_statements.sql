-- Statements of the store, by name; see statement.h.

-- name: store_identity
select (select application_id from pragma_application_id), (select user_version from pragma_user_version), (select count(*) from sqlite_schema);

-- name: store_mode
pragma journal_mode = wal;

-- name: store_pragmas
pragma page_size = 32768;         -- of a new DB: reports are some KiB, and fit in whole
pragma synchronous = normal;      -- a kill loses nothing that was committed; a power cut at most the last batches, and never the file
pragma cache_size = -65536;
pragma cell_size_check = on;
pragma temp_store = memory;

-- name: store_begin
begin immediate;

-- name: store_commit
commit;

-- name: store_rollback
rollback;

-- name: store_mark
pragma application_id = 1213223511; -- STORE_APPLICATION_ID
pragma user_version = 2;            -- STORE_VERSION

-- name: insert_hash_key
insert into hash_key (key) values (?1);

-- name: find_hash_key
select key from hash_key;

-- name: current_rulebase
select rulebase_id, image from rulebase where taken_at is not null order by rulebase_id desc limit 1;

-- name: current_number
select max(rulebase_id) from rulebase where taken_at is not null;

-- name: store_now
select strftime('%Y-%m-%dT%H:%M:%SZ', 'now');

-- name: new_signal_numbers
select layer, id, signal, signal_id from new.signal join new.platform using (platform_id);

-- name: signal_numbers
select layer, id, signal, signal_id from signal join platform using (platform_id);

-- name: find_report
-- ?4: the rules in use; ?5: the verdicts are enough. The second column says whether nothing of it is missing.
select report_id, (?5 or body is not null) and exists (select 1 from verdict where rulebase_id = ?4 and verdict.report_id = report.report_id)
from report left join report_body using (report_id)
where content = ?1 and content_too = ?2 and (body is null or body = ?3);

-- name: insert_report
insert or rollback into report (id, observed_at, stored_at, content, content_too) values (?1, ?2, ?3, ?4, ?5);

-- name: insert_body
insert or ignore into report_body (report_id, body) values (?1, ?2);

-- name: insert_short
insert or ignore into report_short (report_id, facts) values (?1, ?2);

-- name: make_insert_verdict
-- Text of the statement that inserts ?1 answers of one report: ?1 rulebase, ?2 report, six values each. Ignoring what is there, rather than
-- failing, spares a journal of each statement: a failure undoes the whole batch anyway.
with recursive one (n) as (values (3) union all select n + 6 from one where n < 6 * ?1 - 3)
select 'insert or ignore into verdict (rulebase_id, report_id, layer, id, probability, log_odds, second, second_probability) values '
  || group_concat(printf('(?1, ?2, ?%d, ?%d, ?%d, ?%d, ?%d, ?%d)', n, n + 1, n + 2, n + 3, n + 4, n + 5)) from one;

-- name: make_insert_evidence
-- The same for ?1 pieces of evidence: five values each.
with recursive one (n) as (values (3) union all select n + 5 from one where n < 5 * ?1 - 2)
select 'insert or ignore into evidence (rulebase_id, report_id, signal_id, holds, bits, fact, value) values '
  || group_concat(printf('(?1, ?2, ?%d, ?%d, ?%d, ?%d, ?%d)', n, n + 1, n + 2, n + 3, n + 4)) from one;

-- name: attach_new
attach ':memory:' as new;

-- name: attach_old
attach ':memory:' as old;

-- name: detach_new
detach new;

-- name: detach_old
detach old;

-- name: insert_rulebase
insert into rulebase (sha256, taken_at, image) values (?1, ?2, ?3);

-- name: drop_old_objects
-- Statements that drop what the old rule base brought, and nothing else; virtual tables drop what is below them.
select printf('drop %s if exists main."%w"', iif(main.type = 'view', 'view', 'table'), main.name)
from pragma_table_list as main
where main.schema = 'main' and main.type in ('table', 'view', 'virtual') and main.name not like 'sqlite\_%' escape '\'
  and main.name not in ('rulebase', 'report', 'report_body', 'verdict', 'evidence', 'report_short', 'report_value', 'change', 'hash_key', 'report_fact', 'change_log')
  and main.name in (select name from pragma_table_list where schema = 'old')
order by main.type <> 'view', main.type <> 'virtual', main.name;

-- name: create_new_tables
select sql from new.sqlite_schema
where type = 'table' and sql is not null and name <> 'seal' and name not like 'sqlite\_%' escape '\'
  and name in (select name from pragma_table_list where schema = 'new' and type in ('table', 'virtual'))
order by rowid;

-- name: copy_new_rows
select case type when 'virtual' then printf('insert into main."%w" (rowid, %s) select rowid, %s from new."%w"', name, names, names, name)
  else printf('insert into main."%w" select * from new."%w"', name, name) end
from (select name, type, (select group_concat(printf('"%w"', columns.name)) from pragma_table_info(list.name, 'new') as columns) as names
      from pragma_table_list as list
      where schema = 'new' and type in ('table', 'virtual') and name <> 'seal' and name not like 'sqlite\_%' escape '\')
order by name;

-- name: create_new_rest
select sql from new.sqlite_schema where type in ('index', 'view') and sql is not null order by rowid;

-- name: find_current
select rulebase_id, sha256 from rulebase where taken_at is not null order by rulebase_id;

-- name: find_pending
select rulebase_id, sha256 from rulebase where taken_at is null;

-- name: forget_pending
delete from evidence where rulebase_id in (select rulebase_id from rulebase where taken_at is null);
delete from verdict where rulebase_id in (select rulebase_id from rulebase where taken_at is null);
delete from rulebase where taken_at is null;

-- name: count_left
-- Reports without a verdict by the rules ?1: those whose text is not kept.
select count(*) from report where not exists (select 1 from verdict where rulebase_id = ?1 and verdict.report_id = report.report_id);

-- name: next_unjudged
select report_id, body, id from report_body join report using (report_id)
where report_id > ?1 and not exists (select 1 from verdict where rulebase_id = ?2 and verdict.report_id = report_body.report_id)
order by report_id limit 1;

-- name: insert_changes
insert into change (report_id, layer, kind, rulebase_before, rulebase_after, id_before, id_after, probability_before, probability_after)
with before as (select * from verdict where rulebase_id = ?1 and report_id in (select report_id from report_body)), after as (select * from verdict where rulebase_id = ?2)
select report_id, layer, kind, ?1, ?2, id_before, id_after, probability_before, probability_after
from (
  select before.report_id, before.layer, before.id as id_before, after.id as id_after,
    before.probability as probability_before, after.probability as probability_after,
    case when after.id is null then 'gone layer' when before.id <> after.id then 'answer' else 'crossed' end as kind
  from before left join verdict as after on after.rulebase_id = ?2 and after.report_id = before.report_id and after.layer = before.layer
  where after.id is null or before.id <> after.id
    or before.id <> 'unknown' and ((before.probability >= 0.5) <> (after.probability >= 0.5) or (before.probability >= 0.95) <> (after.probability >= 0.95))
  union all
  select after.report_id, after.layer, null, after.id, null, after.probability, 'new layer'
  from after left join verdict as before on before.rulebase_id = ?1 and before.report_id = after.report_id and before.layer = after.layer
  where before.id is null)
left join new.layer as question using (layer)
order by report_id, question.position is null, question.position, layer;

-- name: take_pending
update rulebase set taken_at = ?2 where rulebase_id = ?1;

-- name: forget_evidence
delete from evidence where rulebase_id <> ?1;

-- name: list_changes
select report.id, layer, kind, id_before, probability_before, id_after, probability_after
from change join report using (report_id) where rulebase_after = ?1 order by change_id;

-- name: query_begin
pragma query_only = on;
pragma cell_size_check = on;
begin;
select count(*) from sqlite_schema; -- from here on the DB is seen as it is now, and a file that is none is told
