# hostprint: `make` builds build/hostprint and build/evidence.db, `make detect` says what this machine is, `make test` checks it all.

VERSION  := 0.1.0
PREFIX   ?= /usr/local
B        ?= build
CC       ?= cc
OPT      ?= -O2 -g
PACKAGES := yaml-0.1 libpcre2-8 sqlite3 libcpuid nettle yyjson zlib libzstd
WARN     := -Wall -Wextra -Wconversion -Wshadow -Werror
CPPFLAGS += -D_GNU_SOURCE -DHOSTPRINT_VERSION='"$(VERSION)"' -DHOSTPRINT_PREFIX='"$(PREFIX)"'
CFLAGS   += -std=c17 -fPIC -fvisibility=hidden $(OPT) $(WARN) $(shell pkg-config --cflags $(PACKAGES) 2>/dev/null)
LIBRARIES := $(shell pkg-config --libs $(PACKAGES) 2>/dev/null)
LDLIBS   += $(LIBRARIES) -lm
SAN      := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

# A library that is loaded costs 0.1 ms at every start: those the system has an archive of go into the program. `make ARCHIVES=` loads them all.
ARCHIVES ?= $(foreach library,$(LIBRARIES),$(filter /%,$(shell $(CC) -print-file-name=$(patsubst -l%,lib%.a,$(library)))))
IN_ARCHIVES = $(patsubst lib%.a,-l%,$(notdir $(ARCHIVES)))

LIB   := $(patsubst %.c,$(B)/%.o,$(wildcard engine/*.c collectors/*.c db/*.c reports/*.c)) $(B)/sql.o
CLI   := $(patsubst %.c,$(B)/%.o,$(wildcard engine/cli/*.c))
TESTS := $(patsubst %.c,$(B)/%,$(wildcard tests/engine/test_*.c tests/collectors/test_*.c tests/db/test_*.c tests/reports/test_*.c))
RULES := $(wildcard rules/*.yaml rules/*/*.yaml)
PEERS := parse turn yaml sqlite spawn empty $(if $(wildcard /usr/include/clips/clips.h),clips) $(if $(wildcard /usr/include/yara.h),yara)
SH    := .ci/run .ci/changes .ci/deps db/embed.sh db/metadata.sh tests/run tests/bench/deps

# ----------------------------------------------------------------------------------------------------------------------

.PHONY: all detect test lint fmt accuracy calibration bench bench-gate bench-gate-update bench-deps deps sanitize analyse install clean
.DEFAULT_GOAL := all

all: $(B)/hostprint $(B)/evidence.db $(B)/hostprint.so $(B)/metadata.json

detect: deps
	@$(MAKE) --no-print-directory -s all
	@$(B)/hostprint detect || test $$? -eq 1

test: deps
	@$(MAKE) --no-print-directory -s check

lint: all
	$(B)/hostprint lint rules
	$(B)/hostprint test rules

# how right and how honest, on the corpus, under perturbation, and on a thousand look-alikes of each kind; with a page of diagrams
accuracy: all
	@$(B)/hostprint evaluate --db $(B)/evidence.db --html $(B)/accuracy.html
	@rm -rf $(B)/lookalikes && mkdir -p $(B)/lookalikes
	@for kind in client stripped hardware forged-env; do \
	  $(B)/hostprint mutate --db $(B)/evidence.db --count 1000 --kind $$kind -o $(B)/lookalikes/$$kind || exit; \
	  for less in '' '--adversary tenant'; do \
	    $(B)/hostprint evaluate --db $(B)/evidence.db --layer platform --format csv $$less $(B)/lookalikes/$$kind | \
	      awk -F, -v kind="$$kind $$less" '$$1 == "all" { printf "look-alikes, %s: %d of %d convicted\n", kind, $$(NF - 1), $$3 }'; \
	  done; \
	done

calibration: all
	@$(B)/hostprint evaluate --db $(B)/evidence.db --fit

# every row of the target table, beside the peers that are installed, with a chart; QUICK=1 for about two minutes
bench: all $(PEERS:%=$(B)/bench/peers/%)
	@python3 -B tests/bench/bench.py $(B) $(if $(QUICK),--quick)

# instruction counts against tests/bench/budget.tsv; bench-gate-update writes what is counted now into it
bench-gate bench-gate-update: all $(addprefix $(B)/bench/peers/,parse yaml empty)
	@python3 -B tests/bench/gate.py $(B) $(if $(filter %-update,$@),--update)

# the peers that are not there; everything else is what building needs
bench-deps: deps
	@tests/bench/deps $(B)/bench

fmt: all
	$(B)/hostprint fmt rules
	clang-format -i $$(git ls-files '*.[ch]')

install: all
	install -D -m 755 $(B)/hostprint $(DESTDIR)$(PREFIX)/bin/hostprint
	install -D -m 644 $(B)/evidence.db $(DESTDIR)$(PREFIX)/share/hostprint/evidence.db
	install -D -m 644 $(B)/metadata.json $(DESTDIR)$(PREFIX)/share/hostprint/metadata.json
	install -D -m 755 $(B)/hostprint.so $(DESTDIR)$(PREFIX)/lib/hostprint/hostprint.so
	install -d $(DESTDIR)$(PREFIX)/share/man/man1
	$(B)/hostprint --manual >$(DESTDIR)$(PREFIX)/share/man/man1/hostprint.1

deps:
	@.ci/deps

# the everyday tests, once everything is installed; the same under the sanitizers; and the static checks
.PHONY: check
check: all $(TESTS)
	@B=$(B) tests/run

sanitize:
	@$(MAKE) --no-print-directory -s check B=build/san OPT="-O1 -g $(SAN)" LDFLAGS="$(SAN)"

analyse: all
	clang-format --dry-run -Werror $$(git ls-files '*.[ch]')
	cppcheck --quiet --error-exitcode=1 --std=c11 --inline-suppr --enable=warning,performance,portability --suppress=missingInclude \
	  --suppress=normalCheckLevelMaxBranches $(CPPFLAGS) engine collectors db reports
	shellcheck $(wildcard $(SH))
	! grep -rniwE "$$(ls rules/platform | sed 's/\.yaml$$//' | grep -vxE 'modal|render' | paste -sd'|')" --include='*.[ch]' engine collectors

clean:
	rm -rf $(B)

# ----------------------------------------------------------------------------------------------------------------------

$(B)/hostprint: $(LIB) $(CLI)
	$(CC) $(LDFLAGS) -o $@ $^ $(ARCHIVES) $(filter-out $(IN_ARCHIVES),$(LDLIBS))

# the SQLite loadable extension; its own copy of the engine, hidden from whatever loads it
$(B)/hostprint.so: $(B)/db/extension/hostprint.o $(LIB)
	$(CC) $(LDFLAGS) -shared -Wl,--exclude-libs,ALL -o $@ $^ $(LDLIBS)

$(B)/evidence.db: $(B)/hostprint $(RULES)
	$(B)/hostprint compile rules -o $@

# how Datasette shows the DBs: from the comments of the SQL files and the cookbook
$(B)/metadata.json: db/metadata.sh db/metadata.txt $(wildcard db/*.sql)
	db/metadata.sh >$@.new
	mv $@.new $@

$(B)/sql.c: db/embed.sh $(wildcard db/*.sql)
	@mkdir -p $(@D)
	db/embed.sh $(filter %.sql,$^) >$@.new
	mv $@.new $@

$(B)/sql.o: $(B)/sql.c
	$(CC) $(CPPFLAGS) $(CFLAGS) -iquote db -c -o $@ $<

$(B)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(B)/tests/%: tests/%.c $(LIB)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -iquote . -MMD -MP -MF $@.d -o $@ $< $(LIB) $(LDLIBS)

# what hostprint is measured against: only what a peer uses is linked to it
$(B)/bench/peers/clips: PEER_LIBS := -lclips -lm
$(B)/bench/peers/yara: PEER_LIBS := -lyara
$(B)/bench/peers/%: tests/bench/peers/%.c tests/bench/peers/peer.c tests/bench/peers/peer.h $(B)/engine/mem.o Makefile
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -iquote . -o $@ $(filter-out %.h Makefile,$^) -Wl,--as-needed $(PEER_LIBS) $(LDLIBS)

-include $(LIB:.o=.d) $(B)/db/extension/hostprint.d $(CLI:.o=.d) $(TESTS:=.d)
