/* The texts of db/NAME.sql, each as sql_NAME; embed.sh writes their definitions. */
#ifndef HP_DB_SQL_H
#define HP_DB_SQL_H

extern const char sql_cookbook[]; /* queries by name, see cookbook.h */
extern const char sql_founding[]; /* views of the founding documents' tables; may be empty */
extern const char sql_readme[];   /* rows of the table readme */
extern const char sql_schema[];
extern const char sql_statements[]; /* statements by name, see statement.h */
extern const char sql_store[];      /* the work tables */
extern const char sql_store_readme[];
extern const char sql_store_statements[]; /* the store's, by name */
extern const char sql_store_views[];
extern const char sql_views[];

#endif
