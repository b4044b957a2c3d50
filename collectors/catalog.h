/* The fact catalogue: every path that hostprint knows, with its type, how it is read, the privilege that takes, who can
 * forge it, and what to mind. The one place where a fact is declared; catalog.c is the table. A collector that fills a
 * new line of it is the second and last file that a new fact touches. */
#ifndef HP_CATALOG_H
#define HP_CATALOG_H

#include "../engine/fact.h"

extern const struct fact_catalog catalog;

/* Probes of the founding documents that no fact stands for, and why; ends with a NULL probe. */
struct catalog_omission {
  const char *probe;
  const char *why;
};
extern const struct catalog_omission catalog_omissions[];

#endif
