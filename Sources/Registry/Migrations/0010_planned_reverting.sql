-- Reverting: what a revision did to a cell, a row or everything is taken back by a new revision, or refused in words.
--
-- What a refresh wrote into "discovered" is a fact about the provider and stays. Of the cell that people see:
--   * a person's edit of a cell that was not theirs before: the cell is given back and shows what the provider says now;
--   * a person's edit of a cell that was theirs before: it shows the old value and is theirs;
--   * a give-back: it shows the old value and is theirs again;
--   * what a refresh changed: it shows the old value and is pinned, or else the next refresh would undo the revert.
-- Afterwards, as ever, a cell that is not pinned shows what the provider says, where the provider says something.
--
-- A later edit is in the way if the cell no longer holds what the revision left in it. Later refreshes are not: what
-- they wrote is kept in "discovered".

-- Writes of a revert are taken as they are, pins included: for this transaction roster.writer is revert.
CREATE OR REPLACE FUNCTION keep_provenance() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    is_revert boolean := coalesce(current_setting('roster.writer', true) = 'revert', false);
    before jsonb;
    after jsonb := to_jsonb(NEW);
    unknown text[];
    given_back text[];
BEGIN
    SELECT array_agg(name) INTO unknown FROM unnest(NEW.pinned) name WHERE name <> ALL (discoverable_columns());
    IF unknown IS NOT NULL THEN
        RAISE EXCEPTION 'Only columns that a refresh fills can be pinned; % is not one.', array_to_string(unknown, ', ')
            USING ERRCODE = 'check_violation', HINT = 'One of: ' || array_to_string(discoverable_columns(), ', ');
    END IF;

    IF TG_OP = 'INSERT' THEN
        NEW.updated_at := now();
        IF is_revert THEN
            RETURN NEW;
        END IF;
        NEW.row_revision := 1;
        SELECT array_agg(name ORDER BY name) INTO NEW.pinned FROM (
            SELECT unnest(NEW.pinned) AS name
            UNION
            SELECT name FROM unnest(discoverable_columns()) name WHERE after -> name NOT IN ('null', '[]', '{}')
        ) theirs;
        NEW.pinned := coalesce(NEW.pinned, '{}');
        RETURN NEW;
    END IF;

    before := to_jsonb(OLD);
    IF NEW.discovered IS DISTINCT FROM OLD.discovered THEN
        RAISE EXCEPTION 'The column "discovered" holds what the provider said and is kept by refreshes only.'
            USING ERRCODE = 'check_violation', HINT = 'Edit the column itself; your value then stays.';
    END IF;
    IF NOT is_revert THEN
        given_back := ARRAY(SELECT unnest(OLD.pinned) EXCEPT SELECT unnest(NEW.pinned));
        -- A cell given back and typed over in the same write is theirs again.
        NEW.pinned := ARRAY(
            SELECT unnest(NEW.pinned)
            UNION
            SELECT name FROM unnest(discoverable_columns()) name WHERE before -> name IS DISTINCT FROM after -> name
            ORDER BY 1
        );
        NEW := jsonb_populate_record(NEW, (
            SELECT coalesce(jsonb_object_agg(name, OLD.discovered -> name), '{}')
            FROM unnest(given_back) name WHERE name <> ALL (NEW.pinned) AND OLD.discovered ? name
        ));
    END IF;
    NEW.row_revision := OLD.row_revision;
    NEW.updated_at := OLD.updated_at;
    IF to_jsonb(NEW) - '{last_verified_at,health_status}'::text[]
        IS DISTINCT FROM before - '{last_verified_at,health_status}'::text[] THEN
        NEW.row_revision := OLD.row_revision + 1;
        NEW.updated_at := now();
    END IF;
    IF NEW.id <> OLD.id THEN
        -- History tells the row that comes to a number from the one that had it by their row_revision.
        SELECT greatest(max((c.cells -> 'row_revision' ->> 1)::bigint), OLD.row_revision) + 1 INTO NEW.row_revision
        FROM change_rows c WHERE c.table_name = TG_TABLE_NAME AND c.row_id = NEW.id;
    END IF;
    RETURN NEW;
END
$$;

CREATE OR REPLACE FUNCTION keep_row_revision() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.updated_at := now();
        -- A row that a revert brings back counts on, so that no old number names it again.
        IF current_setting('roster.writer', true) IS DISTINCT FROM 'revert' THEN
            NEW.row_revision := 1;
        END IF;
        RETURN NEW;
    END IF;
    NEW.row_revision := OLD.row_revision;
    NEW.updated_at := OLD.updated_at;
    IF to_jsonb(NEW) - coalesce(TG_ARGV, '{}') IS DISTINCT FROM to_jsonb(OLD) - coalesce(TG_ARGV, '{}') THEN
        NEW.row_revision := OLD.row_revision + 1;
        NEW.updated_at := now();
    END IF;
    IF NEW.id <> OLD.id THEN
        -- History tells the row that comes to a number from the one that had it by their row_revision.
        SELECT greatest(max((c.cells -> 'row_revision' ->> 1)::bigint), OLD.row_revision) + 1 INTO NEW.row_revision
        FROM change_rows c WHERE c.table_name = TG_TABLE_NAME AND c.row_id = NEW.id;
    END IF;
    RETURN NEW;
END
$$;

CREATE TYPE row_state AS (id bigint, before jsonb, after jsonb, present jsonb, base jsonb, told jsonb);
COMMENT ON TYPE row_state IS
    'A row before a revision, after it and now (empty where it was not there), the row to build on (the present one, or
the one that was deleted last), and what the provider says now.';

CREATE TYPE reversion_step AS (
    table_name text, row_id bigint, action text, target jsonb,
    column_name text, left_value jsonb, present_value jsonb, revision bigint, actor text, changed_at timestamptz, problem text
);
COMMENT ON TYPE reversion_step IS
    'What a revert does to a row (insert, update or delete, with the whole row in target), or why it must not (refuse): the
cell, what the revision left in it, what is there now, and who wrote that when.';

CREATE FUNCTION shown_value(value jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN value IS NULL OR value = 'null' THEN 'empty'
        WHEN jsonb_typeof(value) = 'string' THEN '“' || left(value #>> '{}', 80) || '”'
        ELSE left(value #>> '{}', 80)
    END
$$;
COMMENT ON FUNCTION shown_value(jsonb) IS 'A value as a sentence shows it.';

CREATE FUNCTION last_edit(of_table text, of_row bigint, of_column text, after_revision bigint)
RETURNS TABLE (revision bigint, actor text, changed_at timestamptz, words text)
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT r.revision, coalesce(r.actor, 'this transaction'), coalesce(r.committed_at, now()),
        coalesce(r.actor, 'this transaction') || coalesce(
            format(' (revision %s, %s)', r.revision, to_char(r.committed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI "UTC"')), ''
        )
    FROM change_rows c LEFT JOIN revisions r USING (change_set)
    WHERE c.table_name = of_table AND c.row_id = of_row AND (r.revision > after_revision OR r.revision IS NULL)
    AND (c.operation <> 'update' OR (of_column IS NOT NULL AND NOT c.cells ? 'discovered' AND (
        c.cells ? of_column OR (c.cells -> 'pinned' -> 0 ? of_column) <> (c.cells -> 'pinned' -> 1 ? of_column)
    )))
    ORDER BY r.revision DESC NULLS FIRST, c.position DESC LIMIT 1
$$;
COMMENT ON FUNCTION last_edit(text, bigint, text, bigint) IS
    'Who last changed a cell after a revision, or inserted or deleted its row. Refreshes of a row that is there are passed
over: they alone change "discovered", and what they write is not lost.';

CREATE FUNCTION edited_cells(after jsonb, present jsonb, told jsonb) RETURNS TABLE (column_name text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT a.key FROM jsonb_each(after) a
    WHERE a.key <> ALL (public.technical_columns())
    AND NOT (
        (present -> 'pinned' ? a.key) IS NOT DISTINCT FROM (after -> 'pinned' ? a.key)
        AND (present -> a.key = a.value OR (after -> 'pinned' ? a.key) IS FALSE AND told ? a.key)
    )
$$;
COMMENT ON FUNCTION edited_cells(jsonb, jsonb, jsonb) IS
    'The cells in which a person has written since: pinned or given back, or holding another value that is not just what
the provider says now.';

CREATE FUNCTION reverted_cells(before jsonb, after jsonb, told jsonb, keeps_visible boolean)
RETURNS TABLE (column_name text, value jsonb, is_pinned boolean)
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT name, CASE WHEN NOT pins AND NOT keeps_visible AND told ? name THEN told -> name ELSE old END, pins
    FROM (
        SELECT b.*, CASE
            WHEN NOT is_discoverable THEN false
            WHEN was_pinned THEN true
            WHEN keeps_visible THEN told ? name AND told -> name IS DISTINCT FROM old
            -- Nobody's before and after: a refresh changed it.
            ELSE NOT got_pinned AND told -> name IS DISTINCT FROM old
        END AS pins
        FROM (
            SELECT e.key AS name, e.value AS old, before ? 'pinned' AND e.key = ANY (public.discoverable_columns()) AS is_discoverable,
                coalesce(before -> 'pinned' ? e.key, false) AS was_pinned,
                coalesce(after -> 'pinned' ? e.key, false) AS got_pinned
            FROM jsonb_each(before) e
            WHERE e.key <> ALL (public.technical_columns())
        ) b
        WHERE old IS DISTINCT FROM after -> name OR was_pinned <> got_pinned
    ) c
$$;
COMMENT ON FUNCTION reverted_cells(jsonb, jsonb, jsonb, boolean) IS
    'What becomes of the cells in which two states of a row differ when the later is taken back: the value, and whether it
is pinned. To keep what was visible, a cell of which the provider says something else now is pinned.';

CREATE FUNCTION row_states(of_table text, ids bigint[], before_revision bigint, after_revision bigint)
RETURNS SETOF row_state
LANGUAGE plpgsql SET search_path = public, pg_temp SET jit = off AS $$
BEGIN
    -- Every copy goes through the table's type, because sessions spell times in their own zones.
    RETURN QUERY EXECUTE format($query$
        WITH states AS MATERIALIZED (
            SELECT b.id, b.cells AS before, to_jsonb(t) AS present,
                CASE WHEN a.id IS NULL THEN to_jsonb(t) ELSE a.cells END AS after,
                CASE WHEN t.id IS NOT NULL THEN to_jsonb(t) ELSE to_jsonb(jsonb_populate_record(NULL::public.%1$I, (
                    -- As it was deleted last, with the highest number that any row of this id has had.
                    SELECT required_defaults($1) || jsonb_object_agg(cell.key, cell.value -> 0)
                        || jsonb_build_object('row_revision', (
                            SELECT max(greatest(
                                (h.cells -> 'row_revision' ->> 0)::bigint, (h.cells -> 'row_revision' ->> 1)::bigint
                            ))
                            FROM change_rows h WHERE h.table_name = $1 AND h.row_id = b.id
                        ))
                    FROM (
                        SELECT c.cells FROM change_rows c LEFT JOIN revisions r USING (change_set)
                        WHERE c.table_name = $1 AND c.row_id = b.id AND c.operation = 'delete'
                        ORDER BY r.revision DESC NULLS FIRST, c.position DESC LIMIT 1
                    ) d CROSS JOIN LATERAL jsonb_each(d.cells) cell
                ))) END AS base
            FROM (
                SELECT id, CASE WHEN cells IS NOT NULL THEN to_jsonb(jsonb_populate_record(NULL::public.%1$I, cells)) END AS cells
                FROM touched_after($1, $3, $2)
            ) b
            LEFT JOIN (
                SELECT id, CASE WHEN cells IS NOT NULL THEN to_jsonb(jsonb_populate_record(NULL::public.%1$I, cells)) END AS cells
                FROM touched_after($1, $4, $2)
            ) a ON a.id = b.id
            LEFT JOIN public.%1$I t ON t.id = b.id
        )
        SELECT s.id, s.before, s.after, s.present, s.base, (
            SELECT coalesce(jsonb_object_agg(e.key, e.value), '{}')
            FROM jsonb_each(to_jsonb(jsonb_populate_record(NULL::public.%1$I, s.base -> 'discovered'))) e
            WHERE s.base -> 'discovered' ? e.key AND e.key = ANY (discoverable_columns())
        )
        FROM states s
        $query$, of_table) USING of_table, ids, before_revision, after_revision;
END
$$;
COMMENT ON FUNCTION row_states(text, bigint[], bigint, bigint) IS
    'Rows before and after some revision and now. Rows that were not touched since the first are left out.';

CREATE FUNCTION rows_to_revert(of_revision bigint, is_everything_after boolean, only_table text, only_row bigint)
RETURNS TABLE (table_name text, row_id bigint)
LANGUAGE sql STABLE SET search_path = public, pg_temp SET jit = off AS $$
    SELECT c.table_name, c.row_id
    FROM (
        SELECT only_table AS table_name, only_row AS row_id
        UNION ALL
        SELECT p.table_name, p.row_id FROM parts_of(only_table, only_row) p
    ) concerned
    JOIN change_rows c USING (table_name, row_id) JOIN revisions r USING (change_set)
    WHERE r.revision = of_revision AND only_table IS NOT NULL
    UNION
    SELECT c.table_name, c.row_id FROM change_rows c JOIN revisions r USING (change_set)
    WHERE r.revision = of_revision AND only_table IS NULL AND NOT is_everything_after
    UNION
    -- Who may call is no part of the catalogue: going back in time opens no key that was ended.
    SELECT c.table_name, c.row_id
    FROM change_rows c JOIN (
        SELECT change_set FROM revisions WHERE revision > of_revision
        UNION ALL
        SELECT change_set FROM pending_change_sets
    ) s USING (change_set)
    WHERE is_everything_after AND c.table_name <> 'api_keys'
$$;
COMMENT ON FUNCTION rows_to_revert(bigint, boolean, text, bigint) IS
    'The rows that a revert is about: those that a revision touched, or everything after it (keys of clients excepted); all
of them, or one row and its parts.';

CREATE FUNCTION rows_in_use(steps reversion_step[]) RETURNS SETOF reversion_step
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp SET jit = off AS $$
DECLARE
    reference record;
BEGIN
    FOR reference IN
        SELECT whole.relname AS whole, part.relname AS part, a.attname AS attribute
        FROM pg_constraint f
        JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = f.conkey[1]
        JOIN pg_class whole ON whole.oid = f.confrelid
        JOIN pg_class part ON part.oid = f.conrelid
        WHERE f.contype = 'f' AND part.relname IN (SELECT t.table_name FROM registry_tables() t)
        AND whole.relname IN (SELECT s.table_name FROM unnest(steps) s WHERE s.action = 'delete')
    LOOP
        RETURN QUERY EXECUTE format($query$
            SELECT $2, used.id, 'refuse', NULL::jsonb, NULL::text, NULL::jsonb, NULL::jsonb, e.revision, e.actor, e.changed_at,
                format(
                    '%%s cannot go, because %%s of %%s still belong to it, such as %%s, made by %%s.',
                    row_title($2, used.id), used.count, $3, row_title($3, used.example), coalesce(e.words, 'an earlier release')
                )
            FROM (
                SELECT t.%2$I AS id, count(*) AS count, max(t.id) AS example
                FROM public.%1$I t
                WHERE t.%2$I IN (SELECT row_id FROM unnest($1) WHERE table_name = $2 AND action = 'delete')
                AND NOT EXISTS (
                    SELECT FROM unnest($1) s WHERE s.table_name = $3 AND s.row_id = t.id
                    AND (s.action = 'delete' OR s.action = 'update' AND s.target -> %2$L <> to_jsonb(t.%2$I))
                )
                GROUP BY 1
            ) used
            LEFT JOIN LATERAL last_edit($3, used.example, %2$L, 0) e ON true
            $query$, reference.part, reference.attribute) USING steps, reference.whole::text, reference.part::text;
    END LOOP;
END
$$;
COMMENT ON FUNCTION rows_in_use(reversion_step[]) IS 'A refusal for each row to be deleted that other rows still belong to.';

CREATE FUNCTION plan_rows(of_table text, states row_state[], keeps_visible boolean, only_column text)
RETURNS SETOF reversion_step
LANGUAGE sql STABLE SET search_path = public, pg_temp SET jit = off AS $$
    SELECT of_table, s.id, 'delete', NULL::jsonb, NULL::text, NULL::jsonb, NULL::jsonb, NULL::bigint, NULL::text,
        NULL::timestamptz, NULL::text
    FROM unnest(states) s
    WHERE s.before IS NULL AND s.after IS NOT NULL AND s.present IS NOT NULL
    UNION ALL
    SELECT of_table, s.id, 'insert',
        s.base || (s.before - technical_columns())
            || jsonb_build_object('row_revision', (s.base ->> 'row_revision')::bigint + 1)
            || CASE WHEN s.base ? 'pinned' THEN jsonb_build_object('pinned', ARRAY(
                SELECT jsonb_array_elements_text(s.before -> 'pinned')
                UNION
                SELECT t.key FROM jsonb_each(s.told) t WHERE t.value IS DISTINCT FROM s.before -> t.key
                ORDER BY 1
            )) ELSE '{}' END,
        NULL, NULL, NULL, NULL, NULL, NULL, NULL
    FROM unnest(states) s
    WHERE s.before IS NOT NULL AND s.after IS NULL AND s.present IS NULL
    UNION ALL
    SELECT of_table, u.id, 'update', u.target, NULL, NULL, NULL, NULL, NULL, NULL, NULL
    FROM (
        SELECT s.id, s.present, s.present || jsonb_object_agg(c.column_name, c.value)
            || CASE WHEN s.present ? 'pinned' THEN jsonb_build_object('pinned', ARRAY(
                (SELECT jsonb_array_elements_text(s.present -> 'pinned') EXCEPT SELECT unnest(array_agg(c.column_name)))
                UNION
                SELECT unnest(array_agg(c.column_name) FILTER (WHERE c.is_pinned))
                ORDER BY 1
            )) ELSE '{}' END AS target
        FROM unnest(states) s CROSS JOIN LATERAL reverted_cells(s.before, s.after, s.told, keeps_visible) c
        WHERE s.before IS NOT NULL AND s.after IS NOT NULL AND s.present IS NOT NULL
        AND (only_column IS NULL OR c.column_name = only_column)
        GROUP BY s.id, s.present
    ) u
    WHERE u.target <> u.present
$$;
COMMENT ON FUNCTION plan_rows(text, row_state[], boolean, text) IS 'The rows of a table that a revert inserts, updates or deletes.';

CREATE FUNCTION plan_refusals(of_table text, of_revision bigint, states row_state[], keeps_visible boolean, only_column text)
RETURNS SETOF reversion_step
LANGUAGE sql STABLE SET search_path = public, pg_temp SET jit = off AS $$
    -- Later edits: of a row that was inserted any, else those of the cells in question.
    SELECT of_table, l.id, 'refuse', NULL::jsonb, l.column_name, l.left_value, l.present_value, e.revision, e.actor, e.changed_at,
        format(
            CASE
                WHEN l.left_value IS DISTINCT FROM l.present_value
                    THEN '%1$s of %2$s was %3$s after revision %4$s, and %6$s made it %5$s.'
                WHEN l.is_pinned THEN '%1$s of %2$s was not pinned after revision %4$s, and %6$s pinned it.'
                ELSE '%1$s of %2$s was pinned after revision %4$s, and %6$s gave it back.'
            END,
            l.column_name, row_title(of_table, l.id), shown_value(l.left_value), of_revision, shown_value(l.present_value), e.words
        )
    FROM (
        SELECT s.id, c.column_name, s.after -> c.column_name AS left_value, s.present -> c.column_name AS present_value,
            s.present -> 'pinned' ? c.column_name AS is_pinned
        FROM unnest(states) s CROSS JOIN LATERAL edited_cells(s.after, s.present, s.told) c
        WHERE s.after IS NOT NULL AND s.present IS NOT NULL AND (s.before IS NULL OR EXISTS (
            SELECT FROM reverted_cells(s.before, s.after, s.told, keeps_visible) r
            WHERE r.column_name = c.column_name AND (only_column IS NULL OR c.column_name = only_column)
            AND (r.value IS DISTINCT FROM s.present -> r.column_name
                OR r.is_pinned <> coalesce(s.present -> 'pinned' ? r.column_name, false))
        ))
    ) l
    LEFT JOIN LATERAL last_edit(of_table, l.id, l.column_name, of_revision) e ON true
    UNION ALL
    -- Rows that somebody deleted or brought back meanwhile.
    SELECT of_table, s.id, 'refuse', NULL, NULL, NULL, NULL, e.revision, e.actor, e.changed_at,
        format(
            CASE WHEN s.present IS NULL THEN '%s was deleted by %s.' ELSE '%s is there again, brought back by %s.' END,
            row_title(of_table, s.id), e.words
        )
    FROM unnest(states) s LEFT JOIN LATERAL last_edit(of_table, s.id, NULL, of_revision) e ON true
    WHERE s.before IS NOT NULL AND (s.after IS NULL) <> (s.present IS NULL)
    AND (s.after IS NULL OR EXISTS (
        SELECT FROM reverted_cells(s.before, s.after, s.told, keeps_visible) r
        WHERE only_column IS NULL OR r.column_name = only_column
    ))
    UNION ALL
    SELECT of_table, s.id, 'refuse', NULL, only_column, NULL, NULL, of_revision, NULL, NULL,
        format(
            CASE WHEN s.before IS NULL
                THEN '%s came with %s itself, so there is nothing before it: revert the row instead.'
                ELSE '%s went with %s itself: restore the row instead.' END,
            only_column, row_title(of_table, s.id)
        )
    FROM unnest(states) s
    WHERE only_column IS NOT NULL AND (s.before IS NULL) <> (s.after IS NULL)
$$;
COMMENT ON FUNCTION plan_refusals(text, bigint, row_state[], boolean, text) IS
    'What stands in the way of reverting rows of a table: cells and rows that somebody has written since.';

CREATE FUNCTION plan_reversion(
    of_revision bigint, is_everything_after boolean,
    only_table text DEFAULT NULL, only_row bigint DEFAULT NULL, only_column text DEFAULT NULL
) RETURNS reversion_step[]
LANGUAGE plpgsql SET search_path = public, pg_temp SET jit = off AS $$
DECLARE
    latest bigint := (SELECT revision FROM revision_counter);
    base_revision bigint := CASE WHEN is_everything_after THEN of_revision ELSE of_revision - 1 END;
    is_of_parts boolean := coalesce(only_column = 'members', false);
    cell text := nullif(only_column, 'members');
    ids jsonb := '{}';
    found jsonb;
    relation text;
    states row_state[];
    steps reversion_step[] := '{}';
BEGIN
    IF of_revision IS NULL OR of_revision > latest OR base_revision < 0 THEN
        RAISE EXCEPTION 'There is no revision %; the latest is %.', of_revision, latest USING ERRCODE = 'P0R02';
    END IF;
    -- Until nothing more was touched while a lock was waited for.
    LOOP
        SELECT coalesce(jsonb_object_agg(t, i), '{}') INTO found FROM (
            SELECT r.table_name AS t, jsonb_agg(r.row_id ORDER BY r.row_id) AS i
            FROM rows_to_revert(of_revision, is_everything_after, only_table, only_row) r
            WHERE CASE WHEN is_of_parts THEN r.table_name <> only_table ELSE cell IS NULL OR r.table_name = only_table END
            GROUP BY r.table_name
        ) grouped;
        EXIT WHEN found = ids;
        ids := found;
        FOR relation IN SELECT t.table_name FROM registry_tables() t WHERE ids ? t.table_name ORDER BY t.depth, 1 LOOP
            EXECUTE format('SELECT FROM public.%I WHERE id = ANY ($1) ORDER BY id FOR UPDATE', relation)
            USING ARRAY(SELECT jsonb_array_elements_text(ids -> relation)::bigint);
        END LOOP;
    END LOOP;

    FOR relation IN SELECT t.table_name FROM registry_tables() t WHERE ids ? t.table_name ORDER BY t.depth, 1 LOOP
        states := ARRAY(
            SELECT s FROM row_states(
                relation, ARRAY(SELECT jsonb_array_elements_text(ids -> relation)::bigint), base_revision,
                CASE WHEN is_everything_after THEN latest ELSE of_revision END
            ) s
        );
        IF is_everything_after THEN
            -- All that came after is taken back, so nothing of it can be in the way.
            SELECT array_agg(ROW(s.id, s.before, s.present, s.present, s.base, s.told)::row_state) INTO states FROM unnest(states) s;
        ELSE
            steps := steps || ARRAY(SELECT p FROM plan_refusals(relation, of_revision, states, false, cell) p);
        END IF;
        steps := steps || ARRAY(SELECT p FROM plan_rows(relation, states, is_everything_after, cell) p);
    END LOOP;
    RETURN steps || ARRAY(SELECT u FROM rows_in_use(steps) u);
END
$$;
COMMENT ON FUNCTION plan_reversion(bigint, boolean, text, bigint, text) IS
    'Works out a revert and locks the rows that it is about. It can be carried out if no step says refuse.';

CREATE FUNCTION reversion_problems(
    of_revision bigint, is_everything_after boolean,
    only_table text DEFAULT NULL, only_row bigint DEFAULT NULL, only_column text DEFAULT NULL
) RETURNS TABLE (
    table_name text, row_id bigint, column_name text, left_value jsonb, present_value jsonb,
    revision bigint, actor text, changed_at timestamptz, problem text
)
LANGUAGE sql SET search_path = public, pg_temp SET jit = off AS $$
    SELECT s.table_name, s.row_id, s.column_name, s.left_value, s.present_value, s.revision, s.actor, s.changed_at, s.problem
    FROM unnest(plan_reversion($1, $2, $3, $4, $5)) s WHERE s.action = 'refuse'
$$;
COMMENT ON FUNCTION reversion_problems(bigint, boolean, text, bigint, text) IS
    'What stands in the way of a revert: a line for each cell or row that somebody has written since.';
