#pragma once
#include <libpq-fe.h>

// Character macros are not imported into Swift.
static inline int postgres_diag_severity(void) { return PG_DIAG_SEVERITY_NONLOCALIZED; }
static inline int postgres_diag_sqlstate(void) { return PG_DIAG_SQLSTATE; }
static inline int postgres_diag_message(void) { return PG_DIAG_MESSAGE_PRIMARY; }
static inline int postgres_diag_detail(void) { return PG_DIAG_MESSAGE_DETAIL; }
static inline int postgres_diag_hint(void) { return PG_DIAG_MESSAGE_HINT; }
static inline int postgres_diag_constraint(void) { return PG_DIAG_CONSTRAINT_NAME; }
static inline int postgres_diag_table(void) { return PG_DIAG_TABLE_NAME; }
static inline int postgres_diag_column(void) { return PG_DIAG_COLUMN_NAME; }
static inline int postgres_diag_source_function(void) { return PG_DIAG_SOURCE_FUNCTION; }
