-- Views for people over stored reports and verdicts. Run after store.sql when a work DB is made, and again whenever its rule base is
-- replaced: each view begins with "drop view if exists", each row of readme with "insert or replace".
-- All of them speak of the rule base in use. None reads the text of a report: what is asked of many reports stands in narrow tables.

drop view if exists latest_verdict;
create view latest_verdict as -- the answer to each question for each report, by the rule base in use
select report.id as report, verdict.layer, verdict.id, platform.name, verdict.probability, verdict.log_odds, verdict.second,
  verdict.second_probability, report.observed_at, verdict.report_id
from report cross join verdict using (report_id)
left join platform on platform.layer = verdict.layer and platform.id = verdict.id
where verdict.rulebase_id = (select max(rulebase_id) from rulebase where taken_at is not null);

drop view if exists verdict_evidence;
create view verdict_evidence as -- what counted for and against each answer, with the reason, the source and who could forge it
select report.id as report, platform.layer, platform.id, signal.signal, evidence.holds, evidence.bits, signal_weight.forge,
  evidence.fact, evidence.value, signal.why, source.title as source, source.observed, evidence.report_id, evidence.signal_id
from report cross join evidence using (report_id)
cross join signal using (signal_id)
join platform using (platform_id)
join source on source.source_id = signal.source_id
left join signal_weight on signal_weight.signal_id = evidence.signal_id
where evidence.rulebase_id = (select max(rulebase_id) from rulebase where taken_at is not null);

drop view if exists platforms_by_day;
create view platforms_by_day as -- how many reports of each day came from which platform; days as the reports give them
select substr(report.observed_at, 1, 10) as day, verdict.id as platform, count(*) as reports,
  min(round(avg(verdict.probability), 3), 0.999) as mean_probability
from report cross join verdict using (report_id)
where verdict.layer = 'platform' and verdict.rulebase_id = (select max(rulebase_id) from rulebase where taken_at is not null)
group by day, platform
order by day, reports desc, platform;

drop view if exists kernel_drift;
create view kernel_drift as -- the kernel releases of each platform over time, in the order in which they were first seen
select verdict.id as platform, given.value as kernel, min(substr(report.observed_at, 1, 10)) as first_seen,
  max(substr(report.observed_at, 1, 10)) as last_seen, count(*) as reports
from report_short join json_each(facts, '$."kernel.release"') as given cross join verdict using (report_id) join report using (report_id)
where verdict.layer = 'platform'
  and verdict.rulebase_id = (select max(rulebase_id) from rulebase where taken_at is not null)
group by platform, kernel
order by platform, first_seen, kernel;

drop view if exists hypervisors_by_provider;
create view hypervisors_by_provider as -- which hypervisors run on whose hardware
select provider.id as provider, hypervisor.id as hypervisor, count(*) as reports,
  round(100.0 * count(*) / sum(count(*)) over (partition by provider.id), 1) as percent_of_provider
from verdict as provider cross join verdict as hypervisor using (rulebase_id, report_id)
where provider.layer = 'provider' and hypervisor.layer = 'hypervisor'
  and provider.rulebase_id = (select max(rulebase_id) from rulebase where taken_at is not null)
group by provider.id, hypervisor.id
order by provider.id, reports desc, hypervisor.id;

drop view if exists confidence_bands;
create view confidence_bands as -- how sure the answers are, layer by layer: answers other than unknown, by probability
select layer.layer, count(*) filter (where id <> 'unknown') as answered, count(*) filter (where id = 'unknown') as unknown,
  count(*) filter (where id <> 'unknown' and probability >= 0.99) as from_99_percent,
  count(*) filter (where id <> 'unknown' and probability >= 0.95 and probability < 0.99) as from_95_percent,
  count(*) filter (where id <> 'unknown' and probability >= 0.5 and probability < 0.95) as from_50_percent,
  count(*) filter (where id <> 'unknown' and probability < 0.5) as below
from verdict join layer using (layer)
where rulebase_id = (select max(rulebase_id) from rulebase where taken_at is not null)
group by layer.layer
order by layer.position;

drop view if exists evidence_in_fleet;
create view evidence_in_fleet as -- how often each signal held on the reports whose answer it belongs to, beside what the rules claim
select platform.layer, platform.id, signal.signal, counted.held, counted.failed,
  round(1.0 * counted.held / (counted.held + counted.failed), 3) as held_share, signal.seen as claimed,
  round(counted.bits / (counted.held + counted.failed), 2) as mean_bits, signal_weight.forge, signal.why
from (
  select signal_id, sum(holds) as held, sum(1 - holds) as failed, sum(bits) as bits from evidence
  where rulebase_id = (select max(rulebase_id) from rulebase where taken_at is not null)
  group by signal_id) as counted
join signal using (signal_id)
join platform using (platform_id)
join layer using (layer)
left join signal_weight using (signal_id)
order by layer.position, platform.id, counted.held desc, signal.signal;

drop view if exists verdict_rest;
create view verdict_rest as -- what is left of each answer when what a tenant can set is ignored: bits against unknown with and without it
-- log_odds_without_tenant of 0 or less: the answer rests on what any tenant can set. It is the least that is left: another signal
-- of the same group may take the place of the one that is ignored, and layers below a platform are taken as they are.
with tenant (signal_id, layer) as materialized (
  select signal_id, layer from signal_weight join signal using (signal_id) join platform using (platform_id) where forge = 'tenant'),
counted (report_id, layer, bits) as materialized (
  select evidence.report_id, tenant.layer, sum(evidence.bits)
  from evidence cross join tenant using (signal_id)
  where evidence.rulebase_id = (select max(rulebase_id) from rulebase where taken_at is not null) and evidence.holds = 1 and evidence.bits > 0
  group by evidence.report_id, tenant.layer)
select report.id as report, verdict.layer, verdict.id, verdict.probability, verdict.log_odds, round(counted.bits, 2) as tenant_bits,
  round(verdict.log_odds - counted.bits, 2) as log_odds_without_tenant, verdict.report_id
from counted
cross join verdict on verdict.report_id = counted.report_id and verdict.layer = counted.layer
  and verdict.rulebase_id = (select max(rulebase_id) from rulebase where taken_at is not null)
join report on report.report_id = verdict.report_id
where verdict.id <> 'unknown';

insert or replace into readme (topic, text) values
('view latest_verdict', 'The answer to each question for each report, by the rule base in use.'),
('view verdict_evidence', 'What counted for and against each answer, with the reason, the source and who could forge it.'),
('view platforms_by_day', 'How many reports of each day came from which platform.'),
('view kernel_drift', 'The kernel releases of each platform over time.'),
('view hypervisors_by_provider', 'Which hypervisors run on whose hardware, and on how much of it.'),
('view confidence_bands', 'How sure the answers are, layer by layer.'),
('view evidence_in_fleet', 'How often each signal held on the reports whose answer it belongs to, beside what the rules claim.'),
('view verdict_rest', 'What is left of each answer when what any tenant can set is ignored.'),
('table hash_key', 'The key of the hashes by which a stored report is found again.'),
('question: what came when?', 'select day, platform, reports from platforms_by_day;'),
('question: which answers rest on the word of a tenant?', 'select report, layer, id, log_odds_without_tenant from verdict_rest where log_odds_without_tenant <= 0;'),
('question: which signals fail in this fleet?', 'select layer, id, signal, held, failed, claimed from evidence_in_fleet where held_share < claimed order by failed desc;');

delete from readme where topic = 'table seal'; -- the seal is the evidence DB's
