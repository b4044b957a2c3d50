-- The work tables: reports and the verdicts on them, beside the tables of the rule base in one file, so that a query can join both.
-- Written by `hostprint store`, `hostprint classify --store` and `hostprint rejudge`; start with: select * from readme;
-- Every table is STRICT. The tables of the rule base (schema.sql) in the same file are those of the newest row of rulebase.

create table rulebase (                   -- every rule base that verdicts here were reached by, oldest first
  rulebase_id integer primary key,        -- the greatest one with a taken_at is the one in use
  sha256      text not null,              -- of the evidence DB, as each verdict names it
  taken_at    text,                       -- when it came into use, as 2026-11-22T05:00:00Z; null: rejudge has not finished with it
  image       blob not null               -- the evidence DB itself, byte for byte: select writefile('old.db', image) from rulebase where ...
) strict;

create table report (                     -- every report once; a second one with the same text is not stored again
  report_id   integer primary key,        -- in the order in which they came
  id          text not null,              -- as the report calls itself; different reports may share it
  observed_at text,                       -- as the report gives it; null where it does not
  stored_at   text not null,              -- when it was stored, as 2026-11-22T05:00:00Z
  content     integer not null,           -- a hash of its text, by which it is found again; equal texts have the same, others hardly ever
  content_too integer not null            -- another one: where the text is not kept, both together say that a report is there already
) strict;

create table report_body (                -- the text of each report; no row where only its verdicts are kept (--keep verdicts)
  report_id integer primary key references report (report_id),
  body      text not null                 -- hostprint.report/1 as JSON, blanks around it left out
) strict;

create table verdict (                    -- the answer to each layer's question for each report, by each rule base
  rulebase_id integer not null references rulebase (rulebase_id),
  report_id   integer not null references report (report_id),
  layer       text not null,              -- the question: platform, provider, hypervisor, ...
  id          text not null,              -- the answer; unknown is one
  probability real not null,              -- of the answer, within its layer
  log_odds    real not null,              -- bits of the answer against unknown
  second      text,                       -- the next best answer; null where there is no other
  second_probability real,
  primary key (rulebase_id, report_id, layer)
) strict, without rowid;

create table evidence (                   -- what counted for and against each answer by the rule base in use; what added no bits is left out
  rulebase_id integer not null references rulebase (rulebase_id),
  report_id   integer not null references report (report_id),
  signal_id   integer not null,           -- in the table signal: of the answer, or of what it is a kind of
  holds       integer not null,           -- 1: the signal was true on this report, 0: it was false
  bits        real not null,              -- what it added to the answer's log-odds
  fact        text,                       -- path of the fact that decided it, as env.HOME
  value       text,                       -- what was found there, shortened; null: nothing
  primary key (rulebase_id, report_id, signal_id)
) strict, without rowid;

create table report_short (               -- the short facts of every report: what fleet questions group by; report_fact has all facts
  report_id integer primary key references report (report_id),
  facts     text not null                 -- JSON by path, as {"kernel.release":"6.1"}: facts of one value, that name no machine, and are not
                                          -- hidden; a text is cut at 200 bytes; yes is 1, no 0
) strict;

create table change (                     -- what rejudge changed: another answer, or a probability that passed 0.5 or 0.95
  change_id   integer primary key,
  report_id   integer not null references report (report_id),
  layer       text not null,
  kind        text not null,              -- answer, crossed (same answer, other side of 0.5 or 0.95), new layer, gone layer
  rulebase_before integer not null references rulebase (rulebase_id),
  rulebase_after  integer not null references rulebase (rulebase_id),
  id_before   text,                       -- null: the layer is new
  id_after    text,                       -- null: the layer is gone
  probability_before real,
  probability_after  real
) strict;

create table hash_key (                   -- one row: the seed of the hashes in report, other in every work DB
  key blob not null                       -- random bytes
) strict;

create index report_content on report (content);
create index report_name on report (id);
create index change_report on change (report_id);

create view report_value as -- the short facts of every report, one a row; of one fact json_extract(facts, '$."kernel.release"') is faster
select given.key as fact, report_id, given.value from report_short join json_each(facts) as given;

create view report_fact as -- every fact of every report; for one fact of many reports json_extract(body, '$.facts.kernel.release') is faster
-- state: present, absent (looked, not there) or unreadable. value: a text or number, or JSON where it is a list or a map. A fact that
-- was not looked at has no row. key: the member, where the report tells of one member of a map only.
select report_id, fact.fact, null as key, iif(given.type = 'null', 'absent', 'present') as state, given.value
from report_body join json_each(body, '$.facts') as given join fact on fact.fact = given.key
union all
select report_id, fact.fact, null, iif(given.type = 'null', 'absent', 'present'), given.value
from report_body join json_each(body, '$.facts') as domain join json_each(iif(domain.type = 'object', domain.value, '{}')) as given
  join fact on fact.fact = domain.key || '.' || given.key
union all
select report_id, fact.fact, null, 'absent', null
from report_body join json_each(body, '$.facts') as domain join fact on fact.fact like domain.key || '.%'
where domain.type = 'null'
union all
select report_id, fact.fact, substr(given.key, length(fact.fact) + 2), iif(given.type = 'null', 'absent', 'present'), given.value
from report_body join json_each(body, '$.facts') as given join fact on fact.type in ('map', 'paths') and given.key like fact.fact || '.%'
union all
select report_id, refused.key, null, 'unreadable', refused.value
from report_body join json_each(body, '$.unreadable') as refused;

create view change_log as -- what rejudge changed, for people: who, which question, from what to what, and by which rule bases
select report.id as report, report.observed_at, change.layer, change.kind,
  change.id_before, change.probability_before, change.id_after, change.probability_after,
  after.taken_at as changed_at, before.sha256 as sha256_before, after.sha256 as sha256_after, change.change_id, change.report_id
from change
join report using (report_id)
join rulebase as before on before.rulebase_id = change.rulebase_before
join rulebase as after on after.rulebase_id = change.rulebase_after
order by change.change_id;
