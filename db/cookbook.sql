-- The cookbook: queries by name, for `hostprint query DB NAME [ARGUMENT...]`. A section begins with "-- name: NAME", then
--   -- title: one line
--   -- on: evidence   any evidence or work DB; or work: needs stored reports
--   -- argument: NAME what it means; bound in order as ?1, ?2 ...
-- then free comments, then one statement.
-- Every query on stored reports is bounded: it reads narrow tables whole, or the bodies of at most a thousand reports.

-- name: search
-- title: signals that speak of something, the best match first
-- on: evidence
-- argument: WORDS to be found, all of them, as "kernel builder"; the end of a word may be left out
-- What parts words becomes a blank, and each word the beginning of one: the index knows no phrases.
with recursive clean (place, words) as (
  select 1, ''
  union all
  select place + 1, words || iif(substr(?1, place, 1) glob '[A-Za-z0-9._/-]', substr(?1, place, 1), ' ') from clean where place <= length(?1))
select layer, id, signal, condition, bits_if_true, forge, why, source
from signal_search join signal_catalog on signal_catalog.signal_id = signal_search.rowid
where signal_search match (select '"' || replace(trim(words), ' ', '"* "') || '"*' from clean order by place desc limit 1)
order by bm25(signal_search, 4.0, 1.0), layer, id, signal;

-- name: recognised-by
-- title: how a thing is recognised: its signals, strongest first
-- on: evidence
-- argument: ID of the thing, as e2b
select layer, signal, condition, bits_if_true, forge, why, source, observed
from signal_catalog where id = ?1 order by bits_if_true desc, signal;

-- name: compare
-- title: what is documented of two platforms, attribute by attribute
-- on: evidence
-- argument: ONE id of a thing, as e2b
-- argument: OTHER id of another, as daytona
select attribute, max(value) filter (where id = ?1) as one, max(value) filter (where id = ?2) as other,
  iif(count(*) = 2 and min(value) = max(value), 'same', iif(count(*) = 2, 'differs', 'one only')) as verdict
from (select attribute, id, value from comparison where id in (?1, ?2) group by attribute, id)
group by attribute order by attribute;

-- name: settles
-- title: which facts settle whether a machine is one thing or another
-- on: evidence
-- argument: ONE id of a thing, as e2b
-- argument: OTHER id of another, as daytona
select layer, facts, settles, bits_if_id, bits_if_other from distinguishing_sets where id = ?1 and other = ?2;

-- name: look-alikes
-- title: pairs that no rule tells apart, or not well
-- on: evidence
select layer, id, other, settles, facts, bits_if_id, bits_if_other
from distinguishing_sets where settles in ('neither', 'id', 'other') and id < other
order by layer, bits_if_id + bits_if_other, id, other;

-- name: signals-on
-- title: every signal that looks at a fact
-- on: evidence
-- argument: FACT as kernel.release; a domain, as dmi, stands for all of it
select layer, id, signal, condition, bits_if_true, bits_if_false, forge
from signal_catalog
where signal_id in (select signal_id from condition where fact = ?1 or fact like ?1 || '.%')
order by bits_if_true desc, layer, id, signal;

-- name: without-fact
-- title: which rules would decide differently if a fact were not known
-- on: evidence
-- argument: FACT as kernel.release; a domain, as dmi, stands for all of it
-- Of each thing with a signal that needs the fact (every test of it looks there): the bits it can get at best, group by group, with
-- the fact and without, and whether that is still enough to be the answer, against its odds before any evidence.
with needs (signal_id) as (
  select signal_id from condition where fact is not null
  group by signal_id having min(fact = ?1 or fact like ?1 || '.%') = 1),
best (platform_id, grouping, bits, rest) as (
  select platform_id, grouping, max(bits_if_true), max(iif(signal_id in (select signal_id from needs), 0, bits_if_true))
  from signal join signal_weight using (signal_id) where bits_if_true > 0 group by platform_id, grouping),
thing (platform_id, bits, rest) as (select platform_id, sum(bits), sum(rest) from best group by platform_id),
prior (platform_id, bits) as (
  select platform_id, log2(known * prior / sum(prior) over (partition by layer)) from platform join layer using (layer))
select platform.layer, platform.id,
  (select count(*) from signal where signal.platform_id = platform.platform_id and signal_id in (select signal_id from needs)) as signals,
  round(thing.bits, 1) as bits, round(thing.rest, 1) as bits_without, round(thing.bits - thing.rest, 1) as lost,
  case when prior.bits + thing.rest > 0 then 'still told' when prior.bits + thing.bits > 0 then 'no longer told' else 'never told by itself' end
    as outcome
from thing join platform using (platform_id) join layer using (layer) join prior using (platform_id)
where thing.bits > thing.rest
order by outcome = 'no longer told' desc, lost desc, layer.position, platform.id;

-- name: needed-facts
-- title: the facts without which most things could not be told any more
-- on: evidence
-- Told: the bits of its strongest signals, group by group, outweigh the thing's odds before any evidence.
with signal_facts (signal_id, fact) as (
  select signal_id, min(fact) from condition where fact is not null group by signal_id having min(fact) = max(fact)),
weight (signal_id, platform_id, grouping, bits, fact) as materialized (
  select signal_id, platform_id, grouping, bits_if_true, fact
  from signal join signal_weight using (signal_id) left join signal_facts using (signal_id) where bits_if_true > 0),
prior (platform_id, bits) as (
  select platform_id, log2(known * prior / sum(prior) over (partition by layer)) from platform join layer using (layer)),
whole (platform_id, bits) as (
  select platform_id, sum(bits) from (select platform_id, max(bits) as bits from weight group by platform_id, grouping) group by platform_id),
touched (platform_id, fact, grouping) as (select distinct platform_id, fact, grouping from weight where fact is not null),
rest (platform_id, fact, lost) as (
  select platform_id, fact, sum(
    (select max(bits) from weight where weight.platform_id = touched.platform_id and weight.grouping = touched.grouping)
    - coalesce((select max(bits) from weight where weight.platform_id = touched.platform_id and weight.grouping = touched.grouping
      and weight.fact is not touched.fact), 0))
  from touched group by platform_id, fact)
select fact.fact, fact.forge, fact.privilege, count(*) as things,
  count(*) filter (where prior.bits + whole.bits > 0 and prior.bits + whole.bits - lost <= 0) as no_longer_told,
  round(sum(lost), 1) as bits_lost,
  coalesce(group_concat(platform.id, ', ') filter (where prior.bits + whole.bits > 0 and prior.bits + whole.bits - lost <= 0), '') as which
from rest join whole using (platform_id) join prior using (platform_id) join platform using (platform_id) join fact using (fact)
where lost > 0
group by fact.fact
order by no_longer_told desc, bits_lost desc, fact.fact;

-- name: forgeable
-- title: what rests on the word of any tenant: things that could not be told without what a tenant can set
-- on: evidence
with best (platform_id, grouping, bits, rest) as (
  select platform_id, grouping, max(bits_if_true), max(iif(forge = 'tenant', 0, bits_if_true))
  from signal join signal_weight using (signal_id) where bits_if_true > 0 group by platform_id, grouping),
thing (platform_id, bits, rest) as (select platform_id, sum(bits), sum(rest) from best group by platform_id),
prior (platform_id, bits) as (
  select platform_id, log2(known * prior / sum(prior) over (partition by layer)) from platform join layer using (layer))
select platform.layer, platform.id, platform.name, round(thing.bits, 1) as bits, round(thing.rest, 1) as bits_beyond_tenant,
  round(-prior.bits, 1) as bits_needed
from thing join platform using (platform_id) join layer using (layer) join prior using (platform_id)
where prior.bits + thing.rest <= 0 and prior.bits + thing.bits > 0
order by layer.position, bits_beyond_tenant, platform.id;

-- name: oldest
-- title: what should be observed again: the oldest sources and what hangs on them
-- on: evidence
select observed, title, signals, volatile_signals, bits, things, url from oldest_sources where signals > 0;

-- name: sources
-- title: how many sources each thing has, how old they are, and how many signals rest on them
-- on: evidence
select platform.layer, platform.id, count(distinct source.url) as sources, min(source.observed) as oldest, max(source.observed) as newest,
  count(*) as signals, sum(signal.volatile) as volatile_signals
from signal join platform using (platform_id) join source using (source_id) join layer using (layer)
group by platform.platform_id
order by layer.position, sources, platform.id;

-- name: stands-on
-- title: what a platform is expected to stand on
-- on: evidence
-- argument: ID of the platform, as e2b
select layer, expected, expected_name, probability from expectations where platform = ?1;

-- name: tables
-- title: the published comparison tables: each is a view
-- on: evidence
-- founding_ are those of the two documents that this collection began with, published_ those of other documents.
select substr(topic, 6) as "table", substr(text, 20) as what
from readme
where (topic like 'view founding!_%' escape '!' or topic like 'view published!_%' escape '!') and topic <> 'view founding_cell';

-- name: answers
-- title: how often each answer was given, by the rule base in use
-- on: work
select verdict.layer, verdict.id, count(*) as reports, min(round(avg(probability), 3), 0.999) as mean_probability
from verdict join layer using (layer)
where rulebase_id = (select max(rulebase_id) from rulebase where taken_at is not null)
group by verdict.layer, verdict.id
order by layer.position, reports desc, verdict.id;

-- name: report
-- title: one stored report: every answer and what it rests on
-- on: work
-- argument: REPORT its id
with asked (report_id, id) as materialized (select report_id, id from report where id = ?1),
told (report_id, layer, signal, bits, fact, value, forge) as materialized (
  select asked.report_id, platform.layer, signal.signal, evidence.bits, evidence.fact, evidence.value, signal_weight.forge
  from asked cross join evidence on evidence.report_id = asked.report_id
    and evidence.rulebase_id = (select max(rulebase_id) from rulebase where taken_at is not null)
  join signal using (signal_id) join platform using (platform_id) left join signal_weight using (signal_id))
select asked.id as report, verdict.layer, verdict.id, min(round(verdict.probability, 4), 0.9999) as probability, verdict.second,
  told.signal, told.bits, told.fact, told.value, told.forge
from asked cross join verdict on verdict.report_id = asked.report_id
  and verdict.rulebase_id = (select max(rulebase_id) from rulebase where taken_at is not null)
join layer using (layer)
left join told on told.report_id = asked.report_id and told.layer = verdict.layer
order by asked.report_id, layer.position, told.bits desc, told.signal;

-- name: by-day
-- title: platforms by day
-- on: work
select day, platform, reports, mean_probability from platforms_by_day;

-- name: kernels
-- title: drift of kernels: the releases of each platform over time
-- on: work
select platform, kernel, first_seen, last_seen, reports from kernel_drift;

-- name: hypervisors
-- title: which hypervisors run on whose hardware
-- on: work
select provider, hypervisor, reports, percent_of_provider from hypervisors_by_provider;

-- name: confidence
-- title: how sure the answers are, layer by layer
-- on: work
select layer, answered, unknown, from_99_percent, from_95_percent, from_50_percent, below from confidence_bands;

-- name: evidence
-- title: what the answers rest on: how often each signal held in the fleet, beside what the rules claim
-- on: work
select layer, id, signal, held, failed, held_share, claimed, mean_bits, forge from evidence_in_fleet;

-- name: stale-signals
-- title: signals that hold less often than the rules claim: what a platform may have changed
-- on: work
-- With ten reports or more, and a share that is three standard errors below the claim.
select layer, id, signal, held, failed, held_share, claimed, why
from evidence_in_fleet
where held + failed >= 10 and held_share < claimed - 3 * sqrt(claimed * (1 - claimed) / (held + failed))
order by claimed - held_share desc, layer, id, signal;

-- name: conflicts
-- title: answers that something speaks against: failed signals, and layers that do not fit the platform
-- on: work
select verdict_evidence.report, verdict_evidence.layer, latest_verdict.id as answer, 'signal failed' as conflict,
  verdict_evidence.signal as what, verdict_evidence.fact as fact, verdict_evidence.value as found, verdict_evidence.bits
from verdict_evidence
join latest_verdict on latest_verdict.report_id = verdict_evidence.report_id and latest_verdict.layer = verdict_evidence.layer
where verdict_evidence.bits <= -3 and latest_verdict.id <> 'unknown'
union all
select report.id, 'platform', above.id, 'layer does not fit', below.layer, null, below.id, null
from verdict as above
join platform on platform.layer = 'platform' and platform.id = above.id
cross join verdict as below on below.rulebase_id = above.rulebase_id and below.report_id = above.report_id
join platform as lower on lower.layer = below.layer and lower.id = below.id
join report on report.report_id = above.report_id
where above.layer = 'platform' and above.rulebase_id = (select max(rulebase_id) from rulebase where taken_at is not null)
  and above.probability >= 0.5 and below.probability >= 0.5 and below.id <> 'none'
  and exists (select 1 from expectation where expectation.platform_id = platform.platform_id and expectation.layer = below.layer)
  and not exists (
    select 1 from expectation left join platform as expected on expected.layer = expectation.layer and expected.id = expectation.id
    where expectation.platform_id = platform.platform_id and expectation.layer = below.layer
      and (below.id in (expectation.id, expected.kind_of) or lower.kind_of = expectation.id))
order by 1, 2, 4, 5;

-- name: tenant
-- title: reports whose answer rests on what any tenant can set
-- on: work
select report, layer, id, min(round(probability, 4), 0.9999) as probability, log_odds, tenant_bits, log_odds_without_tenant
from verdict_rest where log_odds_without_tenant <= 0
order by layer, id, report;

-- name: unknown
-- title: what is known of the reports whose platform is unknown: the layers below
-- on: work
select provider.id as provider, hypervisor.id as hypervisor, kernel.id as kernel, container.id as container, orchestrator.id as orchestrator,
  count(*) as reports, min(round(avg(above.probability), 3), 0.999) as mean_probability, min(report.id) as example
from verdict as above
cross join verdict as provider using (rulebase_id, report_id)
cross join verdict as hypervisor using (rulebase_id, report_id)
cross join verdict as kernel using (rulebase_id, report_id)
cross join verdict as container using (rulebase_id, report_id)
cross join verdict as orchestrator using (rulebase_id, report_id)
join report using (report_id)
where above.layer = 'platform' and above.id = 'unknown' and provider.layer = 'provider' and hypervisor.layer = 'hypervisor'
  and kernel.layer = 'kernel' and container.layer = 'container' and orchestrator.layer = 'orchestrator'
  and above.rulebase_id = (select max(rulebase_id) from rulebase where taken_at is not null)
group by provider.id, hypervisor.id, kernel.id, container.id, orchestrator.id
order by reports desc, provider, hypervisor, kernel, container, orchestrator;

-- name: clusters
-- title: which reports of an unknown platform look alike, and what they share
-- on: work
-- argument: REPORTS how many of the newest reports to look at, as 20000
-- Reports are compared by their short facts, digits masked as #, so that versions and sizes do not part them. A look is a fact with its
-- masked value; it counts by how much commoner it is on unknown reports than on the others (bits), and by how many have it. Each unknown
-- report goes to the look that counts most for it. Shared: what four of five of the cluster's reports have, by how rare it is elsewhere.
with recent (report_id, unknown) as materialized (
  select report_id, id = 'unknown' from verdict
  where layer = 'platform' and rulebase_id = (select max(rulebase_id) from rulebase where taken_at is not null)
    and report_id > (select max(report_id) from report) - ?1),
total (unknown, known) as materialized (select sum(unknown), sum(1 - unknown) from recent),
given (report_id, unknown, fact, value) as materialized (
  select report_id, verdict.id = 'unknown', fact.fact, given.value
  from report_short cross join verdict using (report_id) cross join json_each(facts) as given cross join fact on fact.fact = given.key
  where verdict.layer = 'platform' and verdict.rulebase_id = (select max(rulebase_id) from rulebase where taken_at is not null)
    and report_id > (select max(report_id) from report) - ?1 and fact.type = 'text'),
counted (fact, value, unknown, known) as materialized (select fact, value, sum(unknown), sum(1 - unknown) from given group by fact, value),
named (fact, value, unknown, known, one) as (
  select fact, value, unknown, known, replace(replace(replace(replace(replace(value, '0', '#'), '1', '#'), '2', '#'), '3', '#'), '4', '#')
  from counted),
masked (fact, value, unknown, known, two) as (
  select fact, value, unknown, known, replace(replace(replace(replace(replace(one, '5', '#'), '6', '#'), '7', '#'), '8', '#'), '9', '#') from named),
folded (fact, value, unknown, known, look) as materialized (
  select fact, value, unknown, known, replace(replace(replace(replace(two, '####', '#'), '###', '#'), '##', '#'), '##', '#') from masked),
look (number, fact, look, bits, score, everywhere) as materialized (
  select row_number() over (order by fact, look), fact, look, bits, bits * log2(1 + unknown), (unknown + known) / everyone
  from (
    select fact, look, sum(folded.unknown) as unknown, sum(folded.known) as known, 1.0 * (total.unknown + total.known) as everyone,
      log2((sum(folded.unknown) + 0.5) / (total.unknown + 1) / ((sum(folded.known) + 0.5) / (total.known + 1))) as bits
    from folded, total where look glob '*[A-Za-z]*' group by fact, look)
  where unknown >= 2),
seen (fact, value, number, score) as materialized (
  select folded.fact, folded.value, number, score from look cross join folded on folded.fact = look.fact and folded.look = look.look),
worn (report_id, number, score) as materialized (
  select report_id, number, score from given cross join seen using (fact, value) where given.unknown = 1),
member (report_id, number) as materialized (
  select report_id, number from (
    select report_id, number, row_number() over (partition by report_id order by score desc, number) as place from worn where score > 0)
  where place = 1),
size (number, reports, first, last) as materialized (select number, count(*), min(report_id), max(report_id) from member group by number),
common (number, shared, bits) as (
  select member.number, worn.number, log2(1.0 * count(*) / size.reports / look.everywhere)
  from member cross join worn using (report_id) join size on size.number = member.number join look on look.number = worn.number
  group by member.number, worn.number having count(*) >= 0.8 * size.reports),
best (number, shared, bits) as (
  select number, shared, bits from (
    select number, shared, bits, row_number() over (partition by number order by bits desc, shared) as place from common)
  where place <= 6 order by number, bits desc)
select size.reports, head.fact || ' = ' || head.look as cluster, round(head.bits, 1) as bits,
  (select group_concat(look.fact || ' = ' || substr(look.look, 1, 60) || ' (' || round(best.bits, 1) || ')', '; ')
    from best join look on look.number = best.shared where best.number = size.number) as shared_with_bits,
  (select id from report where report_id = size.first) as first_report, (select id from report where report_id = size.last) as last_report
from size join look as head on head.number = size.number
where size.reports >= 2
order by size.reports desc, cluster;

-- name: missing-facts
-- title: which unread facts would tell most about the reports whose platform is not sure
-- on: work
-- Of the newest 500 reports with an unknown platform or one below 0.95. Things: platforms with a signal of 6 bits or more on the fact.
with unsure (report_id) as materialized (
  select report_id from verdict
  where layer = 'platform' and (id = 'unknown' or probability < 0.95)
    and rulebase_id = (select max(rulebase_id) from rulebase where taken_at is not null)
  order by report_id desc limit 500),
domain (report_id, domain, type, value) as materialized (
  select report_id, given.key, given.type, given.value
  from unsure join report_body using (report_id) join json_each(body, '$.facts') as given
  union all
  select report_id, refused.key, 'null', null from unsure join report_body using (report_id) join json_each(body, '$.unreadable') as refused),
looked (report_id, fact) as materialized (
  select report_id, domain from domain
  union
  select report_id, domain || '.' || given.key from domain join json_each(iif(domain.type = 'object', domain.value, '{}')) as given
  union
  select report_id, fact from domain join fact on fact.fact > domain || '.' and fact.fact < domain || '/' where domain.type = 'null'),
worth (fact, things, bits) as materialized (
  select fact, count(distinct platform_id), max(bits_if_true)
  from condition join signal using (signal_id) join platform using (platform_id) join signal_weight using (signal_id)
  where fact is not null and layer = 'platform' and bits_if_true >= 6 group by fact)
select fact.fact, count(*) as reports, worth.things, worth.bits as bits_at_best, fact.privilege, fact.forge, fact.how
from worth join fact using (fact) cross join unsure
where not exists (select 1 from looked where looked.report_id = unsure.report_id and looked.fact = fact.fact)
group by fact.fact
order by count(*) * worth.things desc, fact.fact;

-- name: changes
-- title: what rejudge changed
-- on: work
select report, layer, kind, id_before, min(round(probability_before, 3), 0.999) as probability_before, id_after,
  min(round(probability_after, 3), 0.999) as probability_after, changed_at
from change_log;

-- name: last-rejudge
-- title: what changed when the rules in use came into use, by answer
-- on: work
select layer, kind, id_before, id_after, count(*) as reports, round(avg(probability_after - probability_before), 3) as mean_difference,
  min(report_id) as example_report_id
from change
where rulebase_after = (select max(rulebase_id) from rulebase where taken_at is not null)
group by layer, kind, id_before, id_after
order by reports desc, layer, id_before, id_after;
