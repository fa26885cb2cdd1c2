-- History: the registry as of any revision, what happened to a cell, and taking it back as a new revision.
--
-- Nothing is stored for it but what the recording triggers write. A table as of revision N is the table now, undone by
-- the changes after N: only rows that were touched since are computed, so that looking back a little costs little.
--
-- The functions work without JIT: the planner cannot know how few rows they meet, and compiling would take a hundred
-- times as long as running.

ALTER TABLE revisions ADD COLUMN started_at timestamptz;
ALTER TABLE revisions ALTER COLUMN started_at SET DEFAULT now();
COMMENT ON COLUMN revisions.started_at IS
    'When the transaction began, which is what updated_at of its rows says; empty for revisions older than this column.';
CREATE INDEX ON revisions (committed_at, revision);

CREATE FUNCTION registry_tables() RETURNS TABLE (table_name text, depth integer)
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    WITH RECURSIVE recorded AS (
        SELECT tgrelid AS relation FROM pg_trigger WHERE tgname = 'record_insert'
    ), ordered AS (
        SELECT relation, 0 AS depth FROM recorded
        UNION
        SELECT c.conrelid, o.depth + 1
        FROM ordered o
        JOIN pg_constraint c ON c.contype = 'f' AND c.confrelid = o.relation AND c.conrelid <> c.confrelid
        JOIN recorded r ON r.relation = c.conrelid
        WHERE o.depth < 16
    )
    SELECT c.relname::text, max(o.depth) FROM ordered o JOIN pg_class c ON c.oid = o.relation GROUP BY c.relname
$$;
COMMENT ON FUNCTION registry_tables() IS
    'The tables whose changes make revisions; a table comes deeper than those that its rows refer to.';

CREATE FUNCTION technical_columns() RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT ARRAY[
        'id', 'row_revision', 'updated_at', 'last_verified_at', 'missing_since', 'health_status', 'last_used_at',
        'members_revision', 'discovered', 'pinned'
    ]
$$;
COMMENT ON FUNCTION technical_columns() IS
    'Columns that nobody types and no revert restores: identity, bookkeeping, and what was observed.';

CREATE FUNCTION revision_at(moment timestamptz) RETURNS bigint
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT coalesce(
        (SELECT revision FROM revisions WHERE committed_at <= moment ORDER BY committed_at DESC, revision DESC LIMIT 1), 0
    )
$$;
COMMENT ON FUNCTION revision_at(timestamptz) IS
    'The last revision that was committed at or before a moment; 0 if there was none yet.';

-- What a column that must not be empty holds when nobody says otherwise: for rows that were deleted before it was added.
CREATE FUNCTION required_defaults(table_name text) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp AS $$
DECLARE
    list text;
    defaults jsonb;
BEGIN
    SELECT string_agg(format('%L, %s', a.attname, pg_get_expr(d.adbin, d.adrelid)), ', ') INTO list
    FROM pg_attribute a JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attrelid = format('public.%I', table_name)::regclass AND a.attnotnull AND a.attgenerated = '';
    EXECUTE format('SELECT jsonb_build_object(%s)', list) INTO defaults;
    RETURN defaults;
END
$$;
COMMENT ON FUNCTION required_defaults(text) IS 'The defaults of the columns of a table that must not be empty.';

CREATE FUNCTION touched_after(table_name text, revision bigint, among bigint[] DEFAULT NULL)
RETURNS TABLE (id bigint, cells jsonb)
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp SET jit = off AS $$
#variable_conflict use_column
DECLARE
    latest bigint := (SELECT c.revision FROM revision_counter c);
BEGIN
    IF touched_after.revision IS NULL OR touched_after.revision NOT BETWEEN 0 AND latest THEN
        RAISE EXCEPTION 'There is no revision %; the latest is %.', touched_after.revision, latest USING ERRCODE = 'P0R02';
    END IF;
    IF NOT EXISTS (SELECT FROM registry_tables() t WHERE t.table_name = touched_after.table_name) THEN
        RAISE EXCEPTION '% is not a table of the registry.', touched_after.table_name USING
            ERRCODE = 'P0R02', HINT = 'One of: ' || (SELECT string_agg(t.table_name, ', ') FROM registry_tables() t);
    END IF;
    RETURN QUERY EXECUTE format($query$
        WITH later AS MATERIALIZED (
            SELECT r.revision, c.position, c.row_id, c.operation, c.cells
            FROM revisions r JOIN change_rows c USING (change_set)
            WHERE r.revision > $2 AND c.table_name = $1 AND ($3 IS NULL OR c.row_id = ANY ($3))
            UNION ALL
            -- What this very transaction has changed, which has no number yet; nobody sees what others have open.
            SELECT NULL, c.position, c.row_id, c.operation, c.cells
            FROM pending_change_sets p JOIN change_rows c USING (change_set)
            WHERE c.table_name = $1 AND ($3 IS NULL OR c.row_id = ANY ($3))
        ), first AS (
            SELECT DISTINCT ON (row_id) row_id, operation FROM later ORDER BY row_id, revision NULLS LAST, position
        ), earliest AS (
            SELECT DISTINCT ON (l.row_id, cell.key) l.row_id, cell.key, cell.value -> 0 AS value
            FROM later l CROSS JOIN LATERAL jsonb_each(l.cells) cell
            ORDER BY l.row_id, cell.key, l.revision NULLS LAST, l.position
        ), undone AS (
            SELECT row_id, jsonb_object_agg(key, value) AS cells FROM earliest GROUP BY row_id
        )
        SELECT f.row_id, CASE WHEN f.operation <> 'insert' THEN
            CASE
                WHEN t.id IS NULL THEN required_defaults($1) || u.cells
                ELSE to_jsonb(t) || (u.cells - '{last_verified_at,health_status,last_used_at}'::text[])
            END || jsonb_build_object('updated_at', (
                SELECT coalesce(r.started_at, r.committed_at)
                FROM change_rows c JOIN revisions r USING (change_set)
                WHERE c.table_name = $1 AND c.row_id = f.row_id AND r.revision <= $2
                ORDER BY r.revision DESC LIMIT 1
            )) END
        FROM first f LEFT JOIN undone u USING (row_id) LEFT JOIN public.%I t ON t.id = f.row_id
        $query$, table_name) USING touched_after.table_name, touched_after.revision, among;
END
$$;
COMMENT ON FUNCTION touched_after(text, bigint, bigint[]) IS
    'The rows that were changed after a revision (all, or those of the given ids), as they were at it; without cells if a
row did not exist then.';

CREATE FUNCTION rows_as_of(table_name text, revision bigint) RETURNS TABLE (id bigint, cells jsonb)
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp SET jit = off AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY EXECUTE format($query$
        WITH touched AS MATERIALIZED (SELECT id, cells FROM touched_after($1, $2))
        SELECT t.id, to_jsonb(t) FROM public.%I t WHERE NOT EXISTS (SELECT FROM touched WHERE touched.id = t.id)
        UNION ALL
        SELECT id, cells FROM touched WHERE cells IS NOT NULL
        $query$, table_name) USING rows_as_of.table_name, rows_as_of.revision;
END
$$;
COMMENT ON FUNCTION rows_as_of(text, bigint) IS
    'The rows of a registry table as they were at a revision. What is not a change of the registry (last_verified_at,
health_status, last_used_at) is as it is now.';

-- Gives a registry table its function <table>_as_of(revision).
CREATE PROCEDURE look_back_at(name regclass)
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    relation name := (SELECT relname FROM pg_class WHERE oid = look_back_at.name);
BEGIN
    EXECUTE format($define$
        CREATE FUNCTION public.%1$I(revision bigint) RETURNS SETOF public.%2$I LANGUAGE sql STABLE AS $body$
            WITH touched AS MATERIALIZED (SELECT id, cells FROM public.touched_after(%2$L, $1))
            SELECT t.* FROM public.%2$I t WHERE NOT EXISTS (SELECT FROM touched WHERE touched.id = t.id)
            UNION ALL
            SELECT r.* FROM touched CROSS JOIN LATERAL jsonb_populate_record(NULL::public.%2$I, touched.cells) r
            WHERE touched.cells IS NOT NULL
        $body$
        $define$, relation || '_as_of', relation);
    EXECUTE format(
        'COMMENT ON FUNCTION public.%I(bigint) IS %L', relation || '_as_of',
        'The table ' || relation || ' as it was at a revision. What is not a change of the registry (last_verified_at,
health_status, last_used_at) is as it is now.'
    );
END
$$;
COMMENT ON PROCEDURE look_back_at(regclass) IS 'Gives a registry table its function <table>_as_of(revision).';
CALL look_back_at('providers');
CALL look_back_at('models');
CALL look_back_at('routes');
CALL look_back_at('route_members');
CALL look_back_at('api_keys');
CALL look_back_at('settings');

-- The rows that belong to a row and go with it, now or ever: the members of a route.
CREATE FUNCTION parts_of(of_table text, of_row bigint) RETURNS TABLE (table_name text, row_id bigint)
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT DISTINCT c.table_name, c.row_id
    FROM pg_constraint f
    JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = f.conkey[1]
    JOIN pg_class part ON part.oid = f.conrelid
    JOIN registry_tables() t ON t.table_name = part.relname
    JOIN change_rows c ON c.table_name = part.relname AND c.cells -> a.attname @> to_jsonb(of_row)
    WHERE f.contype = 'f' AND f.confdeltype = 'c' AND f.confrelid = to_regclass(format('public.%I', of_table))
$$;
COMMENT ON FUNCTION parts_of(text, bigint) IS 'The rows that are deleted together with a row: the members of a route.';

CREATE FUNCTION history_of(of_table text, of_row bigint, of_column text DEFAULT NULL)
RETURNS TABLE (
    revision bigint, changed_at timestamptz, actor text, reason text, column_name text, old_value jsonb, new_value jsonb
)
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT c.revision, c.changed_at, c.actor, c.reason, written.key, written.value -> 0, written.value -> 1
    FROM changes c CROSS JOIN LATERAL jsonb_each(c.cells) written
    WHERE c.table_name = of_table AND c.row_id = of_row
    AND CASE
        WHEN of_column IS NULL THEN written.key <> ALL ('{row_revision,members_revision,discovered,last_verified_at,key_hash}')
        ELSE written.key = of_column
    END
    UNION ALL
    SELECT c.revision, c.changed_at, c.actor, c.reason, format('members %s: %s', c.row_id, written.key),
        written.value -> 0, written.value -> 1
    FROM parts_of(of_table, of_row) p JOIN changes c ON (c.table_name, c.row_id) = (p.table_name, p.row_id)
    CROSS JOIN LATERAL jsonb_each(c.cells) written
    WHERE (of_column IS NULL OR of_column = 'members') AND written.key NOT IN ('id', 'row_revision', 'created_at')
    ORDER BY 1 DESC, 5
$$;
COMMENT ON FUNCTION history_of(text, bigint, text) IS
    'What happened to a row, or to one of its cells: a line for each cell that changed, newest first. The members of a route
are lines of the route; ask for its column "members" to see only those.';
