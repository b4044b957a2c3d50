-- The evidence DB: what hostprint knows, and how it knows it. Start with: select * from readme;
-- Every table is STRICT. Ids in small numbers are local to this file; names (layer, id, signal) are stable for ever.

create table readme (                     -- what is in this file
  topic text primary key,                 -- table, view or question
  text  text not null
) strict;

create table meta (                       -- about this file as a whole
  name  text primary key,
  value text not null
) strict;

create table word (                       -- likelihood words of the rule language
  word        text primary key,           -- always, usually, often, sometimes, rarely, never
  probability real not null
) strict;

create table model (                      -- numbers of the ranking model
  name  text primary key,
  value real not null,
  why   text not null
) strict;

create table layer (                      -- the questions that are asked: which platform, which hypervisor, ...
  layer    text primary key,
  position integer not null unique,       -- order of presentation
  title    text not null,
  known    real not null                  -- odds of all things of this layer together against unknown, before any evidence
) strict;

create table fact (                       -- the catalogue: everything that can be observed
  fact      text primary key,             -- path, as in kernel.release
  type      text not null,
  unit      text,
  fields    text,                         -- of records: * a list, # an integer, ? true or false
  how       text not null,                -- how it is read
  privilege text not null,                -- what reading it takes: none, root, network, write
  forge     text not null,                -- who can lie about it: tenant < root < image < vmm < network
  caveat    text
) strict;

create table platform (                   -- every thing that can be identified, of every layer
  platform_id integer primary key,
  layer       text not null references layer (layer),
  id          text not null,
  name        text not null,
  category    text,
  kind_of     text,                       -- id, in the same layer, of what this is a kind of
  phrase      text,                       -- how a sentence speaks of it
  prior       real not null,              -- odds against unknown, before any evidence: its share of the layer's
  draft       integer not null,           -- 1: not yet trusted
  file        text not null,
  unique (layer, id)
) strict;

create table source (                     -- where evidence was published
  source_id   integer primary key,
  platform_id integer references platform (platform_id),
  source      text not null,              -- name within its rule file
  title       text not null,
  url         text not null,
  observed    text not null               -- date of the observation, YYYY-MM-DD
) strict;

create table signal (                     -- named conditions over facts, with the weight they carry
  signal_id   integer primary key,
  platform_id integer not null references platform (platform_id),
  signal      text not null,
  position    integer not null,           -- order in the rule file
  grouping    text not null,              -- signals of one group are one proof: the strongest counts
  seen        real not null,              -- P(true | this thing)
  elsewhere   real not null,              -- P(true | anything else)
  volatile    integer not null,           -- 1: loses weight with age
  why         text not null,
  source_id   integer not null references source (source_id),
  text        text not null,              -- the condition on one line
  line        integer not null,           -- where it stands in the file
  unique (platform_id, signal)
) strict;

create table condition (                  -- the conditions of signals, as trees
  condition_id integer primary key,
  signal_id    integer not null references signal (signal_id),
  parent_id    integer references condition (condition_id),
  position     integer not null,          -- among its siblings
  operator     text not null,             -- all any none at_least has test
  at_least     integer,
  fact         text references fact (fact),      -- null: a field of the element that the has above it looks at
  key          text,                      -- member of a map, or field of an element
  matcher      text,                      -- equals present absent regex prefix suffix contains glob range version cidr mac count same
  operand      text
) strict;

create table expectation (                -- what the other layers are expected to be, given a platform
  platform_id integer not null references platform (platform_id),
  layer       text not null references layer (layer),
  id          text not null,
  probability real not null,
  primary key (platform_id, layer, id)
) strict, without rowid;

create table extract (                    -- details read out of a report once a thing is identified
  platform_id integer not null references platform (platform_id),
  detail      text not null,
  position    integer not null,
  fact        text not null references fact (fact),
  key         text,
  regex       text,
  primary key (platform_id, detail)
) strict, without rowid;

create table documented (                 -- what publications say of a thing; for comparison, never matched
  platform_id integer not null references platform (platform_id),
  attribute   text not null,
  position    integer not null,
  value       text not null,
  primary key (platform_id, attribute)
) strict, without rowid;

create table example (                    -- tests bound to a rule
  example_id  integer primary key,
  platform_id integer not null references platform (platform_id),
  report      text,                       -- id of a sample report
  facts       text,                       -- or a report as JSON
  expect      text not null,              -- first, not, unknown
  why         text,
  line        integer not null
) strict;

create table fact_set (                   -- sets of facts that settle which of two things a machine is
  set_id   integer not null,
  position integer not null,              -- in order of paths
  fact     text not null references fact (fact),
  primary key (set_id, position)
) strict, without rowid;

create table distinction (                -- what settles each pair of a layer of at most 256 things; see the view distinguishing_sets
  one        integer not null references platform (platform_id), -- of the two, the one whose id comes first
  other      integer not null references platform (platform_id),
  set_id     integer,                     -- the fewest facts that do; null: no rule tells the two apart
  smallest   integer not null,            -- 1: no smaller set does as well; 0: there were too many to try, the set is all that is known
  one_bits   real not null,               -- expected of the set for the first, if it is the first
  other_bits real not null,               -- expected of the set for the other, if it is the other
  primary key (one, other)
) strict, without rowid;

create virtual table signal_search        -- full-text index of the signal catalogue: rowid is signal_id; it finds words, not phrases
using fts5 (
  thing, words,
  content = 'signal_text', content_rowid = 'signal_id', columnsize = 0, detail = none, tokenize = "porter unicode61 tokenchars '._/-'"
);
