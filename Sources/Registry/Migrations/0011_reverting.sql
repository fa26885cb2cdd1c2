-- Carrying out a revert that was worked out, or refusing it in words: what people and programs call.

CREATE FUNCTION take_steps(steps reversion_step[], relation text, what text) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp SET jit = off AS $$
DECLARE
    names text;
    read_names text;
BEGIN
    SELECT string_agg(format('%I', attname), ', '), string_agg(format('r.%I', attname), ', ') INTO names, read_names
    FROM pg_attribute
    WHERE attrelid = format('public.%I', relation)::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
    AND (what = 'insert' OR attname = 'pinned' OR attname <> ALL (technical_columns()));
    EXECUTE format(CASE what
        WHEN 'delete' THEN $delete$
            DELETE FROM public.%1$I t USING unnest($1) s
            WHERE s.table_name = %1$L AND s.action = 'delete' AND t.id = s.row_id
            $delete$
        WHEN 'insert' THEN $insert$
            INSERT INTO public.%1$I (%2$s)
            SELECT %3$s FROM unnest($1) s CROSS JOIN LATERAL jsonb_populate_record(NULL::public.%1$I, s.target) r
            WHERE s.table_name = %1$L AND s.action = 'insert'
            $insert$
        ELSE $update$
            UPDATE public.%1$I t SET (%2$s) = (SELECT %3$s FROM jsonb_populate_record(NULL::public.%1$I, s.target) r)
            FROM unnest($1) s WHERE s.table_name = %1$L AND s.action = 'update' AND t.id = s.row_id
            $update$
        END, relation, names, read_names) USING steps;
END
$$;
COMMENT ON FUNCTION take_steps(reversion_step[], text, text) IS 'Deletes, inserts or updates the rows of one table that the steps name.';

CREATE FUNCTION name_in_the_way(step reversion_step, broken_constraint text) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp SET jit = off AS $$
DECLARE
    condition text;
    holder bigint;
    edit record;
BEGIN
    SELECT string_agg(format('t.%1$I = r.%1$I', a.attname), ' AND ') INTO condition
    FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey)
    WHERE c.conname = broken_constraint AND c.contype = 'u' AND c.conrelid = format('public.%I', step.table_name)::regclass;
    IF condition IS NULL OR step.target IS NULL THEN
        RETURN format('%s: %s', row_title(step.table_name, step.row_id), broken_constraint);
    END IF;
    EXECUTE format(
        'SELECT t.id FROM public.%1$I t, jsonb_populate_record(NULL::public.%1$I, $1) r WHERE t.id <> r.id AND %2$s LIMIT 1',
        step.table_name, condition
    ) INTO holder USING step.target;
    SELECT * INTO edit FROM last_edit(step.table_name, holder, NULL, 0);
    RETURN format(
        '%s It was taken meanwhile by row %s of %s, made by %s.',
        broken_constraint, holder, step.table_name, coalesce(edit.words, 'an earlier release')
    );
END
$$;
COMMENT ON FUNCTION name_in_the_way(reversion_step, text) IS 'Which row has the name of a row that is to come back, in words.';

CREATE FUNCTION carry_out_reversion(steps reversion_step[], subject text)
RETURNS TABLE (table_name text, row_id bigint, column_name text, old_value jsonb, new_value jsonb)
LANGUAGE plpgsql SET search_path = public, pg_temp SET jit = off AS $$
#variable_conflict use_column
DECLARE
    writer text := current_setting('roster.writer', true);
    problems text[] := ARRAY(
        SELECT s.problem FROM unnest(steps) s WHERE s.action = 'refuse' ORDER BY s.table_name, s.row_id, s.column_name
    );
    recorded bigint := (SELECT coalesce(max(position), 0) FROM change_rows WHERE change_set = open_change_set());
    batch record;
    waiting reversion_step[] := steps;
    postponed reversion_step[];
    step reversion_step;
    refusal text;
    broken text;
BEGIN
    IF problems <> '{}' THEN
        RAISE EXCEPTION '% cannot be undone: %', subject, problems[1]
            || CASE WHEN cardinality(problems) > 1 THEN format(' (and %s more)', cardinality(problems) - 1) ELSE '' END
            USING ERRCODE = 'P0R01', DETAIL = array_to_string(problems[:50], E'\n'),
            HINT = 'Undo the later change first, or write the value that you want.';
    END IF;
    IF coalesce(current_setting('roster.reason', true), '') = '' THEN
        PERFORM set_config('roster.reason', 'undo of ' || lower(left(subject, 1)) || substr(subject, 2), true);
    END IF;
    PERFORM set_config('roster.writer', 'revert', true);
    BEGIN
        FOR batch IN
            SELECT t.table_name, a.action FROM registry_tables() t
            CROSS JOIN (VALUES ('delete', 1), ('insert', 2), ('update', 3)) a (action, turn)
            WHERE EXISTS (SELECT FROM unnest(steps) s WHERE s.table_name = t.table_name AND s.action = a.action)
            ORDER BY a.turn, CASE a.action WHEN 'delete' THEN -t.depth ELSE t.depth END, 1
        LOOP
            PERFORM take_steps(steps, batch.table_name, batch.action);
        END LOOP;
    EXCEPTION WHEN unique_violation OR foreign_key_violation THEN
        -- Rows that take over each other's names, or refer to each other anew: one at a time, in whatever order works.
        WHILE cardinality(waiting) > 0 LOOP
            postponed := '{}';
            FOREACH step IN ARRAY waiting LOOP
                BEGIN
                    PERFORM take_steps(ARRAY[step], step.table_name, step.action);
                EXCEPTION WHEN unique_violation OR foreign_key_violation THEN
                    GET STACKED DIAGNOSTICS broken = CONSTRAINT_NAME;
                    postponed := postponed || step;
                    refusal := name_in_the_way(step, broken);
                END;
            END LOOP;
            IF cardinality(postponed) = cardinality(waiting) THEN
                RAISE EXCEPTION '% cannot be undone: %', subject, refusal
                    USING ERRCODE = 'P0R01', HINT = 'Rename or delete the row that is in the way first.';
            END IF;
            waiting := postponed;
        END LOOP;
    END;
    -- What is otherwise found out at the end of the transaction.
    BEGIN
        SET CONSTRAINTS "Two members of a route cannot have the same position." IMMEDIATE;
    EXCEPTION WHEN unique_violation THEN
        GET STACKED DIAGNOSTICS broken = CONSTRAINT_NAME;
        RAISE EXCEPTION '% cannot be undone: %', subject, broken || ' Another was put there meanwhile.'
            USING ERRCODE = 'P0R01', HINT = 'Undo the later change first, or write the value that you want.';
    END;
    SET CONSTRAINTS "Two members of a route cannot have the same position." DEFERRED;
    PERFORM set_config('roster.writer', coalesce(writer, ''), true);

    RETURN QUERY
        WITH written AS (
            SELECT c.table_name, c.row_id, cell.key, c.position, cell.value
            FROM change_rows c CROSS JOIN LATERAL jsonb_each(c.cells) cell
            WHERE c.change_set = open_change_set() AND c.position > recorded
            AND (cell.key IN ('id', 'pinned') OR cell.key <> ALL (technical_columns()))
        ), net AS (
            SELECT DISTINCT w.table_name, w.row_id, w.key,
                first_value(w.value -> 0) OVER every AS old, last_value(w.value -> 1) OVER every AS new
            FROM written w
            WINDOW every AS (
                PARTITION BY w.table_name, w.row_id, w.key ORDER BY w.position
                ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
            )
        )
        SELECT n.table_name, n.row_id, n.key, n.old, n.new FROM net n
        WHERE n.old IS DISTINCT FROM n.new ORDER BY n.table_name, n.row_id, n.key;
END
$$;
COMMENT ON FUNCTION carry_out_reversion(reversion_step[], text) IS
    'Writes the steps of a revert, or refuses in words; returns each cell that it changed. A row that comes or goes shows
in its cell "id".';

CREATE FUNCTION latest_change(of_table text, of_row bigint, of_column text DEFAULT NULL, only_operation text DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp SET jit = off AS $$
DECLARE
    latest bigint;
BEGIN
    IF NOT EXISTS (SELECT FROM registry_tables() t WHERE t.table_name = of_table) THEN
        RAISE EXCEPTION '% is not a table of the registry.', of_table USING
            ERRCODE = 'P0R02', HINT = 'One of: ' || (SELECT string_agg(t.table_name, ', ' ORDER BY 1) FROM registry_tables() t);
    END IF;
    IF of_column IS NOT NULL AND (of_table, of_column) <> ('routes', 'members') AND (
        of_column = ANY (technical_columns()) OR NOT EXISTS (
            SELECT FROM pg_attribute
            WHERE attrelid = format('public.%I', of_table)::regclass AND attnum > 0 AND attname = of_column
        )
    ) THEN
        RAISE EXCEPTION 'The table % has no column % that could be reverted.', of_table, of_column USING ERRCODE = 'P0R02';
    END IF;
    SELECT max(c.revision) INTO latest
    FROM (
        SELECT of_table AS table_name, of_row AS row_id WHERE of_column IS DISTINCT FROM 'members'
        UNION ALL
        SELECT p.table_name, p.row_id FROM parts_of(of_table, of_row) p
        WHERE only_operation IS NULL AND (of_column IS NULL OR of_column = 'members')
    ) concerned
    JOIN changes c USING (table_name, row_id)
    WHERE CASE
        WHEN only_operation IS NOT NULL THEN c.operation = only_operation
        WHEN c.operation <> 'update' THEN true
        WHEN of_column IS NULL OR of_column = 'members' THEN c.cells ? 'pinned' OR c.cells - technical_columns() <> '{}'
        ELSE c.cells ? of_column OR (c.cells -> 'pinned' -> 0 ? of_column) <> (c.cells -> 'pinned' -> 1 ? of_column)
    END;
    IF latest IS NULL THEN
        RAISE EXCEPTION 'Nothing has ever changed %.', coalesce(of_column || ' of ', '') || row_title(of_table, of_row)
            USING ERRCODE = 'P0R02';
    END IF;
    RETURN latest;
END
$$;
COMMENT ON FUNCTION latest_change(text, bigint, text, text) IS
    'The revision that last changed what people see of a row, or of one of its cells; or that last did such an operation.';

CREATE FUNCTION revert_cell(of_table text, of_row bigint, of_column text, of_revision bigint DEFAULT NULL)
RETURNS TABLE (table_name text, row_id bigint, column_name text, old_value jsonb, new_value jsonb)
LANGUAGE plpgsql SET search_path = public, pg_temp SET jit = off AS $$
DECLARE
    latest bigint := latest_change(of_table, of_row, of_column);
BEGIN
    RETURN QUERY SELECT * FROM carry_out_reversion(
        plan_reversion(coalesce(of_revision, latest), false, of_table, of_row, of_column),
        format('Revision %s of %s of %s', coalesce(of_revision, latest), of_column, row_title(of_table, of_row))
    );
END
$$;
COMMENT ON FUNCTION revert_cell(text, bigint, text, bigint) IS
    'Takes back what a revision (the latest that changed it, if none is named) did to a cell, as a new revision. Refuses
where a later edit would be lost. Returns what it changed. Of a route, "members" stands for all its members.';

CREATE FUNCTION revert_row(of_table text, of_row bigint, of_revision bigint DEFAULT NULL)
RETURNS TABLE (table_name text, row_id bigint, column_name text, old_value jsonb, new_value jsonb)
LANGUAGE plpgsql SET search_path = public, pg_temp SET jit = off AS $$
DECLARE
    latest bigint := latest_change(of_table, of_row);
BEGIN
    RETURN QUERY SELECT * FROM carry_out_reversion(
        plan_reversion(coalesce(of_revision, latest), false, of_table, of_row),
        format('Revision %s of %s', coalesce(of_revision, latest), row_title(of_table, of_row))
    );
END
$$;
COMMENT ON FUNCTION revert_row(text, bigint, bigint) IS
    'Takes back what a revision (the latest that changed it, if none is named) did to a row and its parts, as a new
revision: a row that it inserted goes, one that it deleted comes back. Refuses where a later edit would be lost.';

CREATE FUNCTION revert_revision(of_revision bigint)
RETURNS TABLE (table_name text, row_id bigint, column_name text, old_value jsonb, new_value jsonb)
LANGUAGE sql SET search_path = public, pg_temp SET jit = off AS $$
    SELECT * FROM carry_out_reversion(plan_reversion($1, false), format('Revision %s', $1))
$$;
COMMENT ON FUNCTION revert_revision(bigint) IS
    'Takes back everything that a revision did, as a new revision. Refuses, whole, where a later edit would be lost.';

CREATE FUNCTION revert_after(revision bigint)
RETURNS TABLE (table_name text, row_id bigint, column_name text, old_value jsonb, new_value jsonb)
LANGUAGE sql SET search_path = public, pg_temp SET jit = off AS $$
    SELECT * FROM carry_out_reversion(plan_reversion($1, true), format('Everything after revision %s', $1))
$$;
COMMENT ON FUNCTION revert_after(bigint) IS
    'Takes back everything after a revision, as a new revision: what people see is as it was then. Cells of which the
provider says something else now are pinned. Models discovered since are deleted and come back with the next refresh. Keys
of clients stay as they are: going back in time opens no key that was ended.';

CREATE FUNCTION restore_row(of_table text, of_row bigint)
RETURNS TABLE (table_name text, row_id bigint, column_name text, old_value jsonb, new_value jsonb)
LANGUAGE plpgsql SET search_path = public, pg_temp SET jit = off AS $$
DECLARE
    is_there boolean;
BEGIN
    PERFORM latest_change(of_table, of_row);
    EXECUTE format('SELECT EXISTS (SELECT FROM public.%I WHERE id = $1)', of_table) INTO is_there USING of_row;
    IF is_there THEN
        RAISE EXCEPTION '% is there: only a deleted row can be restored.', row_title(of_table, of_row) USING ERRCODE = 'P0R01';
    END IF;
    RETURN QUERY SELECT * FROM carry_out_reversion(
        plan_reversion(latest_change(of_table, of_row, NULL, 'delete'), false, of_table, of_row),
        'The deletion of ' || row_title(of_table, of_row)
    );
END
$$;
COMMENT ON FUNCTION restore_row(text, bigint) IS
    'Brings a deleted row back with its number, its pins and its parts, as a new revision. Refuses if its name was taken
meanwhile.';
