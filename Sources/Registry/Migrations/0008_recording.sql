-- Recording at a price that a refresh of a hundred thousand models can pay.
--
-- A table's recording function is written for its columns: it compares them in their own types and spells out only the
-- cells that differ. It stands for the one that turned both rows of every change into JSON first.

-- How a trigger compares a column of the rows o and n. Types whose equality says less than their text does (30 days
-- equals 1 month) are compared as JSON, which is what replaying the changes brings back.
CREATE FUNCTION cell_differs(cell name, type regtype) RETURNS text
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT CASE
        WHEN type = ANY ('{boolean,smallint,integer,bigint,numeric,text,date,timestamptz,uuid,bytea,text[]}'::regtype[])
            THEN format('o.%1$I IS DISTINCT FROM n.%1$I', cell)
        WHEN type = 'jsonb'::regtype
            THEN format('coalesce(o.%1$I, ''null'') IS DISTINCT FROM coalesce(n.%1$I, ''null'')', cell)
        ELSE format('coalesce(to_jsonb(o.%1$I), ''null'') IS DISTINCT FROM coalesce(to_jsonb(n.%1$I), ''null'')', cell)
    END
$$;
COMMENT ON FUNCTION cell_differs IS 'How a recording trigger compares a column of this type.';

-- The statement that records under a change set what an operation did to a table, for its columns as they are now. The
-- transition tables of the trigger that executes it are old_rows and new_rows.
--
-- Cells are joined as text and parsed once: as fast as to_jsonb() of one row, where joining JSON objects is quadratic.
CREATE FUNCTION recording_statement(name regclass, operation text, change_set text DEFAULT '$1') RETURNS text
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    WITH cells AS (
        SELECT
            a.attnum AS position,
            cell_differs(a.attname, a.atttypid) AS differs,
            to_json(a.attname)::text || ': [' AS key,
            format(spelling.template, 'o', a.attname) AS old_value,
            format(spelling.template, 'n', a.attname) AS new_value
        FROM pg_attribute a CROSS JOIN LATERAL (
            SELECT CASE
                WHEN a.atttypid = ANY ('{boolean,smallint,integer,bigint}'::regtype[]) THEN '%s.%I::text'
                WHEN a.atttypid = ANY ('{numeric,text,date,timestamptz,uuid,bytea,text[]}'::regtype[]) THEN 'to_json(%s.%I)::text'
                -- A document that is null is an empty cell, as everywhere.
                WHEN a.atttypid = ANY ('{json,jsonb}'::regtype[]) THEN 'nullif(%s.%I::text, ''null'')'
                ELSE 'nullif(to_json(%s.%I)::text, ''null'')'
            END AS template
        ) spelling
        WHERE a.attrelid = name AND a.attnum > 0 AND NOT a.attisdropped AND a.attname <> 'updated_at'
    ), object AS (
        -- An absent value makes its cell absent: NULL joined to anything is NULL, which concat_ws leaves out.
        SELECT '(''{'' || concat_ws('', '', ' || string_agg(
            CASE operation
                WHEN 'UPDATE' THEN format('CASE WHEN %s THEN %L || coalesce(%s, ''null'') || '', '' || coalesce(%s, ''null'') || '']'' END',
                    differs, key, old_value, new_value)
                WHEN 'INSERT' THEN format('%L || %s || '']''', key || 'null, ', new_value)
                ELSE format('%L || %s || '', null]''', key, old_value)
            END, E',\n            ' ORDER BY position) || ') || ''}'')::jsonb' AS cells
        FROM cells
    )
    SELECT format(
        E'INSERT INTO change_rows (change_set, table_name, row_id, operation, cells)\n        SELECT %s, %L, %s,\n            %s\n        FROM %s',
        change_set,
        (SELECT relname FROM pg_class WHERE oid = name),
        CASE operation
            WHEN 'INSERT' THEN 'n.id, ''insert'''
            WHEN 'UPDATE' THEN
                'coalesce(n.id, o.id), CASE WHEN o.id IS NULL THEN ''insert'' WHEN n.id IS NULL THEN ''delete'' ELSE ''update'' END'
            ELSE 'o.id, ''delete'''
        END,
        cells,
        CASE operation
            WHEN 'INSERT' THEN 'new_rows n'
            -- A full join, because an update may have moved the id: then one row went and another came. A change is what
            -- moves row_revision: time stamps that only say that something was looked at cost no history.
            WHEN 'UPDATE' THEN
                'old_rows o FULL JOIN new_rows n ON o.id = n.id WHERE o.row_revision IS DISTINCT FROM n.row_revision'
            WHEN 'DELETE' THEN 'old_rows o'
            ELSE format('%s o', name)
        END
    )
    FROM object
$$;
COMMENT ON FUNCTION recording_statement IS 'The statement by which a trigger records INSERT, UPDATE, DELETE or TRUNCATE of a table.';

-- Names and types of a table's columns in one number.
CREATE FUNCTION column_signature(name regclass) RETURNS bigint
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT sum(hashtextextended(attname, atttypid::bigint) / 4096)::bigint
    FROM pg_attribute WHERE attrelid = name AND attnum > 0 AND NOT attisdropped
$$;
COMMENT ON FUNCTION column_signature IS 'A number that is another when a column of the table is added, dropped, renamed or of another type.';

-- Puts the recording triggers on a table, whose rows must have id and row_revision. Call it again after changing the
-- table's columns: until then the table is recorded whole all the same, by statements made anew for each write.
CREATE OR REPLACE PROCEDURE record_changes_of(name regclass)
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    plain text := (SELECT relname FROM pg_class WHERE oid = name);
BEGIN
    EXECUTE format($function$
CREATE OR REPLACE FUNCTION %I() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $body$
DECLARE
    existing bigint := open_change_set();
    current bigint := coalesce(existing, nextval('change_set_numbers'));
    count bigint;
BEGIN
    IF column_signature(TG_RELID) <> %s THEN
        EXECUTE recording_statement(TG_RELID, TG_OP) USING current;
    ELSIF TG_OP = 'INSERT' THEN
        %s;
    ELSIF TG_OP = 'UPDATE' THEN
        %s;
    ELSIF TG_OP = 'DELETE' THEN
        %s;
    ELSE
        %s;
    END IF;
    GET DIAGNOSTICS count = ROW_COUNT;
    IF count > 0 AND existing IS NULL THEN
        INSERT INTO pending_change_sets (change_set) VALUES (current);
    END IF;
    RETURN NULL;
END
$body$
    $function$,
        'record_' || plain, column_signature(name),
        recording_statement(name, 'INSERT', 'current'),
        recording_statement(name, 'UPDATE', 'current'),
        recording_statement(name, 'DELETE', 'current'),
        recording_statement(name, 'TRUNCATE', 'current'));
    EXECUTE format('CREATE OR REPLACE TRIGGER record_insert AFTER INSERT ON %s REFERENCING NEW TABLE AS new_rows
                    FOR EACH STATEMENT EXECUTE FUNCTION %I()', name, 'record_' || plain);
    EXECUTE format('CREATE OR REPLACE TRIGGER record_update AFTER UPDATE ON %s REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
                    FOR EACH STATEMENT EXECUTE FUNCTION %I()', name, 'record_' || plain);
    EXECUTE format('CREATE OR REPLACE TRIGGER record_delete AFTER DELETE ON %s REFERENCING OLD TABLE AS old_rows
                    FOR EACH STATEMENT EXECUTE FUNCTION %I()', name, 'record_' || plain);
    EXECUTE format('CREATE OR REPLACE TRIGGER record_truncate BEFORE TRUNCATE ON %s
                    FOR EACH STATEMENT EXECUTE FUNCTION %I()', name, 'record_' || plain);
END
$$;

CALL record_changes_of('providers');
CALL record_changes_of('models');
CALL record_changes_of('routes');
CALL record_changes_of('route_members');
CALL record_changes_of('api_keys');
CALL record_changes_of('settings');
DROP FUNCTION record_changes();
DROP FUNCTION changed_cells(jsonb, jsonb);

-- What providers say is long and repeats itself. lz4 packs it at a fraction of pglz's time, where the server has it.
DO $$
BEGIN
    IF (SELECT 'lz4' = ANY (enumvals) FROM pg_settings WHERE name = 'default_toast_compression') THEN
        ALTER TABLE models ALTER COLUMN description SET COMPRESSION lz4, ALTER COLUMN discovered SET COMPRESSION lz4;
        ALTER TABLE change_rows ALTER COLUMN cells SET COMPRESSION lz4;
    END IF;
END
$$;

-- The same merge by plans that do not depend on what the planner knows of the tables. A provider's first list comes when
-- models looks empty, and a nested loop over a table that grows meanwhile takes an hour for a hundred thousand models.
DROP FUNCTION merge_listed_models(bigint);
CREATE FUNCTION merge_listed_models(provider bigint, is_complete boolean DEFAULT true)
RETURNS TABLE (api_name text, action text)
LANGUAGE plpgsql SET search_path = pg_temp, public SET jit = off SET work_mem = '64MB'
SET enable_nestloop = off SET enable_mergejoin = off AS $$
DECLARE
    columns text := (SELECT string_agg(format('%I', name), ', ') FROM unnest(discoverable_columns()) name);
    discovered_cells text := (SELECT string_agg(format('told.%I', name), ', ') FROM unnest(discoverable_columns()) name);
    merged_cells text := (
        SELECT string_agg(format('%1$I = CASE WHEN %1$L = ANY (m.pinned) THEN m.%1$I ELSE told.%1$I END', name), ', ')
        FROM unnest(discoverable_columns()) name
    );
BEGIN
    IF current_setting('roster.writer', true) IS DISTINCT FROM 'refresh' THEN
        RAISE EXCEPTION 'merge_listed_models() is for refreshes, which set roster.writer to refresh.';
    END IF;
    -- One merge of a provider at a time; people's edits of its row are delayed only while this runs.
    PERFORM 1 FROM providers WHERE id = provider FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'There is no provider %.', provider;
    END IF;

    RETURN QUERY EXECUTE format($merge$
        UPDATE models m
        SET discovered = l.discovered, missing_since = NULL, last_verified_at = now(), updated_at = now(),
            row_revision = m.row_revision + 1, %s
        FROM listed_models l CROSS JOIN LATERAL jsonb_populate_record(NULL::models, l.discovered) told
        WHERE m.provider_id = $1 AND m.provider_model_id = l.provider_model_id
        AND (m.discovered IS DISTINCT FROM l.discovered OR m.missing_since IS NOT NULL)
        RETURNING m.provider_model_id, 'changed'
        $merge$, merged_cells) USING provider;

    RETURN QUERY EXECUTE format($merge$
        INSERT INTO models (provider_id, provider_model_id, discovery_method, discovered, last_verified_at, %s)
        SELECT $1, l.provider_model_id, 'api', l.discovered, now(), %s
        FROM listed_models l CROSS JOIN LATERAL jsonb_populate_record(NULL::models, l.discovered) told
        WHERE NOT EXISTS (
            SELECT FROM models m WHERE m.provider_id = $1 AND m.provider_model_id = l.provider_model_id
        )
        -- A person may be adding the same model this moment; the next refresh fills what they left empty.
        ON CONFLICT (provider_id, provider_model_id) DO NOTHING
        RETURNING models.provider_model_id, 'added'
        $merge$, columns, discovered_cells) USING provider;

    RETURN QUERY
        -- Joined first: unpacking what the provider said of every model, to see that it said something, is the dearer half.
        WITH unlisted AS MATERIALIZED (
            SELECT m.id FROM models m
            WHERE is_complete AND m.provider_id = provider AND m.missing_since IS NULL
            AND NOT EXISTS (SELECT FROM listed_models l WHERE l.provider_model_id = m.provider_model_id)
        )
        UPDATE models m SET missing_since = now(), updated_at = now(), row_revision = m.row_revision + 1
        FROM unlisted u
        WHERE m.id = u.id AND m.provider_id = provider AND m.missing_since IS NULL AND m.discovered <> '{}'
        RETURNING m.provider_model_id, 'missing';

    -- Seen again, nothing new: only the time stamp moves, at most once an hour, so that a refresh is not a rewrite.
    UPDATE models m SET last_verified_at = now()
    FROM listed_models l
    WHERE m.provider_id = provider AND m.provider_model_id = l.provider_model_id
    AND (m.last_verified_at IS NULL OR m.last_verified_at < now() - interval '1 hour');
END
$$;
COMMENT ON FUNCTION merge_listed_models IS
    'Merges the list of a provider, in the temporary table listed_models, into models; a list that is not complete takes nothing away.';
