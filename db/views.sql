-- Views for people. Each begins with a comment that .schema shows. Every number of a view is as the engine takes it,
-- before anything ages.

create view signal_weight as -- what each signal is worth: the cheapest way to forge it, and bits for and against
with cost (forge, rank) as (values ('tenant', 0), ('root', 1), ('image', 2), ('vmm', 3), ('network', 4)),
cheapest (signal_id, rank) as (
  select signal_id, min(rank) from condition join fact using (fact) join cost using (forge) group by signal_id),
floored (signal_id, forge, seen, elsewhere) as (
  select signal.signal_id, cost.forge, signal.seen,
    case when signal.elsewhere < model.value and signal.elsewhere < signal.seen
      then min(model.value, signal.seen) else signal.elsewhere end
  from signal join cheapest using (signal_id) join cost using (rank) join model on model.name = 'forge_floor.' || cost.forge),
clamped (signal_id, forge, seen, elsewhere) as (
  select signal_id, forge, min(max(seen, 0.000001), 0.999999), min(max(elsewhere, 0.000001), 0.999999) from floored)
select signal_id, forge,
  round(log2(seen / elsewhere) / value, 2) as bits_if_true,
  round(log2((1 - seen) / (1 - elsewhere)) / value, 2) as bits_if_false
from clamped join model on name = 'temperature';

create view signal_catalog as -- every signal in words, with its weight, its reason and its source
select platform.layer, platform.id, platform.name, signal.signal, signal.text as condition, signal.seen, signal.elsewhere,
  signal_weight.bits_if_true, signal_weight.bits_if_false, signal.grouping as "group", signal_weight.forge, signal.why,
  source.title as source, source.url, source.observed, signal.signal_id
from signal
join platform using (platform_id)
join layer using (layer)
join source using (source_id)
left join signal_weight using (signal_id)
order by layer.position, platform.id, signal.position;

-- db/words.c has the same; whoever changes one changes the other
create view signal_text as -- the words of each signal as signal_search indexes them: names with dots, dashes and the like both whole and in parts
select signal_id,
  platform.name || ' ' || platform.layer || ' ' || platform.id || ' ' || signal.signal || ' ' || replace(platform.id || ' ' || signal.signal, '-', ' ')
    as thing,
  text || ' ' || replace(text, '.', ' ') || ' ' || replace(replace(replace(replace(text, '.', ' '), '_', ' '), '/', ' '), '-', ' ') || ' '
    || replace(replace(why || ' ', '. ', ' '), '-', ' ') as words
from signal join platform using (platform_id);

create view comparison as -- what publications say, attribute by attribute, so that platforms stand side by side
select documented.attribute, platform.layer, platform.id, platform.name, documented.value
from documented
join platform using (platform_id)
join layer using (layer)
order by documented.attribute, layer.position, platform.id;

create view platform_catalog as -- everything that can be identified, with its kind, its prior odds and how much evidence it has
select platform.layer, platform.id, platform.name, platform.category, platform.kind_of, platform.prior,
  (select count(*) from signal where signal.platform_id = platform.platform_id) as signals,
  (select count(distinct grouping) from signal where signal.platform_id = platform.platform_id) as independent,
  (select count(*) from example where example.platform_id = platform.platform_id) as examples,
  platform.file
from platform join layer using (layer)
order by layer.position, platform.id;

create view evidence_by_platform as -- how strong the evidence for each thing can get, by what it takes to forge it
select platform.layer, platform.id, signal_weight.forge,
  count(*) as signals,
  count(distinct signal.grouping) as independent,
  max(signal_weight.bits_if_true) as strongest_bits
from signal
join platform using (platform_id)
join layer using (layer)
join signal_weight using (signal_id)
group by platform.platform_id, signal_weight.forge
order by layer.position, platform.id, strongest_bits desc, signal_weight.forge;

create view expectations as -- what each platform is expected to stand on, most likely first
select platform.id as platform, platform.name, expectation.layer, expectation.id as expected, expectation.probability,
  (select name from platform as below where below.layer = expectation.layer and below.id = expectation.id) as expected_name
from expectation
join platform using (platform_id)
join layer on layer.layer = expectation.layer
order by platform.id, layer.position, expectation.probability desc, expectation.id;

create view facts_used as -- every fact of the catalogue and how many signals look at it
select fact.fact, fact.type, fact.forge, fact.privilege,
  count(distinct condition.signal_id) as signals,
  count(distinct signal.platform_id) as platforms
from fact
left join condition using (fact)
left join signal using (signal_id)
group by fact.fact
order by signals desc, fact.fact;

create view oldest_sources as -- observations, oldest first, with the signals and bits that hang on each: what to look at again; volatile ones age
select source.observed, source.title, source.url,
  count(signal.signal_id) as signals,
  coalesce(sum(signal.volatile), 0) as volatile_signals,
  round(total(abs(signal_weight.bits_if_true)), 1) as bits,             -- when every signal holds and none has aged
  round(total(abs(signal_weight.bits_if_true) * signal.volatile), 1) as volatile_bits,
  (select value from model where name = 'half_life_days') as half_life_days,
  coalesce(group_concat(distinct platform.layer || '/' || platform.id), '') as things
from source
left join signal using (source_id)
left join signal_weight using (signal_id)
left join platform on platform.platform_id = signal.platform_id
group by source.observed, source.title, source.url
order by source.observed, source.title, source.url;

create view distinguishing as -- for each pair of one layer: the signals that only the first has, strongest first; kinds have their parents' signals
with recursive line (platform_id, ancestor_id, distance) as (
  select platform_id, platform_id, 0 from platform
  union all
  select line.platform_id, parent.platform_id, distance + 1
  from line
  join platform as child on child.platform_id = ancestor_id
  join platform as parent on parent.layer = child.layer and parent.id = child.kind_of
  where distance < 16),
owned (platform_id, signal_id, signal, text) as materialized (
  select line.platform_id, signal_id, signal, text
  from line join signal on signal.platform_id = ancestor_id
  where not exists (
    select 1 from line as nearer join signal as own on own.platform_id = nearer.ancestor_id
    where nearer.platform_id = line.platform_id and nearer.distance < line.distance and own.signal = signal.signal))
select platform.layer, platform.id as id, other.id as other, owned.signal, owned.text as condition,
  signal_weight.bits_if_true, signal_weight.forge
from platform
join platform as other on other.layer = platform.layer and other.id <> platform.id
join layer on layer.layer = platform.layer
join owned on owned.platform_id = platform.platform_id
left join signal_weight using (signal_id)
where not exists (select 1 from owned as same where same.platform_id = other.platform_id and same.text = owned.text)
order by layer.position, platform.id, other.id, signal_weight.bits_if_true desc, owned.signal;

create view distinguishing_sets as -- for each pair of one layer, both ways round: the fewest facts that settle which of the two a machine is
-- settles: both (6 expected bits or more for id if it is id, and for other if it is other), id, other, or neither; then the facts are all
-- that is known. Null facts: no rule tells the two apart.
with pair (id_number, other_number, set_id, smallest, bits_if_id, bits_if_other) as (
  select one, other, set_id, smallest, one_bits, other_bits from distinction
  union all
  select other, one, set_id, smallest, other_bits, one_bits from distinction)
select platform.layer, platform.id, other.id as other,
  (select group_concat(fact, ', ') from (select fact from fact_set where fact_set.set_id = pair.set_id order by position)) as facts,
  case when bits_if_id >= 6 and bits_if_other >= 6 then 'both' when bits_if_id >= 6 then 'id' when bits_if_other >= 6 then 'other'
    else 'neither' end as settles,
  bits_if_id, bits_if_other, smallest
from platform
join layer using (layer)
join platform as other on other.layer = platform.layer
join pair on id_number = platform.platform_id and other_number = other.platform_id
order by layer.position, platform.id, other.id;

create view indistinguishable as -- pairs of one layer that no rule tells apart
select platform.layer, platform.id, other.id as other
from distinction
join platform on platform.platform_id = one
join platform as other on other.platform_id = distinction.other
join layer on layer.layer = platform.layer
where set_id is null
order by layer.position, platform.id, other.id;
