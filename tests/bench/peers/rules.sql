-- One report against the table that rulesets.py writes: the facts that some condition names, joined with the conditions, and the three
-- things with the most hits. The first column is the number of hits in all.
with named (path) as (select distinct path from condition),
fact (path, value) as materialized (
  select path, json_extract(?1, '$.facts.' || path) from named where instr(path, '[') = 0 and instr(path, '{') = 0
  union all select 'env{}', key from json_each(?1, '$.facts.env')
  union all select 'mounts[].fstype', json_extract(value, '$.fstype') from json_each(?1, '$.facts.mounts')
  union all select 'net.interfaces[].mac', json_extract(value, '$.mac') from json_each(?1, '$.facts.net.interfaces')
  union all select 'kernel.cmdline[]', value from json_each(?1, '$.facts.kernel.cmdline')
  union all select 'cgroup.self[]', value from json_each(?1, '$.facts.cgroup.self')),
hit (rule, thing) as (
  select c.rule, c.thing from fact f cross join condition c on c.path = f.path and c.operator = 'eq' and c.first = f.value
  union select c.rule, c.thing from fact f cross join condition c on c.path = f.path and c.operator = 'in' and c.first = f.value
  union select c.rule, c.thing from fact f cross join condition c on c.path = f.path and c.operator = 'prefix' and substr(f.value, 1, c.length) = c.first
  union select c.rule, c.thing from fact f cross join condition c on c.path = f.path and c.operator = 'regex' and f.value glob c.first
  union select c.rule, c.thing from fact f cross join condition c on c.path = f.path and c.operator = 'range' and c.first <= f.value and f.value <= c.last)
select (select count(*) from hit), thing, count(*) from hit group by thing order by 3 desc, thing limit 3;
