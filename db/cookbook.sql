-- The cookbook: queries by name, for `hostprint query DB NAME [ARGUMENT...]`. A section begins with "-- name: NAME", then
--   -- title: one line
--   -- on: evidence   any evidence or work DB; or work: needs stored reports
--   -- argument: NAME what it means; bound in order as ?1, ?2 ...
-- then free comments, then one statement.

-- name: recognised-by
-- title: how a thing is recognised: its signals, strongest first
-- on: evidence
-- argument: ID of the thing, as e2b
select layer, signal, condition, bits_if_true, forge, why, source, observed
from signal_catalog where id = ?1 order by bits_if_true desc, signal;

-- name: answers
-- title: how often each answer was given, by the rule base in use
-- on: work
select verdict.layer, verdict.id, count(*) as reports, round(avg(probability), 3) as mean_probability
from verdict join layer using (layer)
where rulebase_id = (select max(rulebase_id) from rulebase where taken_at is not null)
group by verdict.layer, verdict.id
order by layer.position, reports desc, verdict.id;

-- name: changes
-- title: what rejudge changed
-- on: work
select report, layer, kind, id_before, round(probability_before, 3) as probability_before, id_after,
  round(probability_after, 3) as probability_after, changed_at
from change_log;
