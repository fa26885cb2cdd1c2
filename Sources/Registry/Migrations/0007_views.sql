-- Views for people: prices per million tokens, names instead of numbers, a line per thing that happened.

-- The pinned columns of a row that differ from what the provider says now.
CREATE FUNCTION drifted_columns(m models) RETURNS text[]
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = public, pg_temp AS $$
    SELECT coalesce(array_agg(name ORDER BY name), '{}')
    FROM unnest(m.pinned) name
    WHERE m.discovered ? name AND m.discovered -> name IS DISTINCT FROM to_jsonb(m) -> name
$$;
COMMENT ON FUNCTION drifted_columns IS 'The pinned columns of a model that differ from what the provider says now.';

-- Whether requests may use a model, and if not, why: the one word that a person looks for.
CREATE FUNCTION effective_state(m models, p providers) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = public, pg_temp AS $$
    SELECT CASE
        WHEN NOT p.is_active THEN 'provider inactive'
        WHEN NOT m.is_active THEN 'inactive'
        WHEN m.deprecation_date <= current_date THEN 'deprecated'
        WHEN m.missing_since IS NOT NULL THEN 'missing'
        ELSE 'active'
    END
$$;
COMMENT ON FUNCTION effective_state IS
    'active; inactive or provider inactive (requests may not use it); deprecated or missing (they may, for as long as it works).';

CREATE VIEW catalog AS
    SELECT
        m.id, p.slug AS provider, p.name AS provider_name, m.provider_model_id AS api_name,
        p.slug || '/' || m.provider_model_id AS model, m.model_name, m.model_family AS family,
        trim_scale(m.pricing_prompt * 1000000) AS input_price_per_1m,
        trim_scale(m.pricing_completion * 1000000) AS output_price_per_1m,
        trim_scale(m.pricing_cache_read * 1000000) AS cache_read_price_per_1m,
        trim_scale(m.pricing_cache_write * 1000000) AS cache_write_price_per_1m,
        trim_scale(m.pricing_reasoning * 1000000) AS reasoning_price_per_1m,
        m.pricing_image AS price_per_image, m.pricing_request AS price_per_request,
        m.context_length, m.max_output_tokens, m.modality,
        m.supports_streaming, m.supports_tools, m.supports_vision, m.supports_reasoning, m.supports_json_schema,
        m.size_b, m.tags, m.is_active, m.is_recommended,
        effective_state(m, p) AS state,
        m.deprecation_date, m.successor, m.notes,
        m.pinned, drifted_columns(m) AS drifted,
        m.discovery_method, m.last_verified_at, m.missing_since, m.row_revision, m.updated_at
    FROM models m JOIN providers p ON p.id = m.provider_id;
COMMENT ON VIEW catalog IS
    'Every model as people read it: prices in USD per 1M tokens, state in a word. Its prices, flags and notes can be edited here.';
COMMENT ON COLUMN catalog.model IS 'provider/api-name, which names this offer and no other.';
COMMENT ON COLUMN catalog.input_price_per_1m IS 'USD per 1M input tokens; 0 is free, empty is unknown.';
COMMENT ON COLUMN catalog.output_price_per_1m IS 'USD per 1M output tokens.';
COMMENT ON COLUMN catalog.cache_read_price_per_1m IS 'USD per 1M input tokens read from the provider''s prompt cache.';
COMMENT ON COLUMN catalog.cache_write_price_per_1m IS 'USD per 1M input tokens written to the provider''s prompt cache.';
COMMENT ON COLUMN catalog.reasoning_price_per_1m IS 'USD per 1M reasoning tokens, where it differs from the output price.';
COMMENT ON COLUMN catalog.price_per_image IS 'USD per image.';
COMMENT ON COLUMN catalog.price_per_request IS 'USD per request, beside the tokens.';
COMMENT ON COLUMN catalog.state IS
    'active; inactive or provider inactive (requests may not use it); deprecated or missing (they may, for as long as it works).';
COMMENT ON COLUMN catalog.pinned IS 'Columns that a person has set and a refresh leaves alone.';
COMMENT ON COLUMN catalog.drifted IS 'Pinned columns that differ from what the provider says now.';

-- Who edits the view edits the table: a price typed per million is stored per token, exactly.
CREATE FUNCTION edit_catalog() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    changed text[];
BEGIN
    SELECT array_agg(n.key ORDER BY n.key) INTO changed
    FROM jsonb_each(to_jsonb(OLD)) o JOIN jsonb_each(to_jsonb(NEW)) n USING (key)
    WHERE o.value IS DISTINCT FROM n.value AND n.key NOT IN (
        'model_name', 'family', 'input_price_per_1m', 'output_price_per_1m', 'cache_read_price_per_1m',
        'cache_write_price_per_1m', 'reasoning_price_per_1m', 'price_per_image', 'price_per_request', 'context_length',
        'max_output_tokens', 'modality', 'supports_streaming', 'supports_tools', 'supports_vision', 'supports_reasoning',
        'supports_json_schema', 'size_b', 'tags', 'is_active', 'is_recommended', 'deprecation_date', 'successor', 'notes',
        'pinned'
    );
    IF changed IS NOT NULL THEN
        RAISE EXCEPTION 'The view catalog does not let you change %.', array_to_string(changed, ', ')
            USING ERRCODE = 'check_violation', HINT = 'Edit the table models, or a column that is not computed.';
    END IF;
    UPDATE models SET
        model_name = NEW.model_name, model_family = NEW.family,
        pricing_prompt = CASE WHEN NEW.input_price_per_1m IS DISTINCT FROM OLD.input_price_per_1m
            THEN trim_scale(NEW.input_price_per_1m * 0.000001) ELSE pricing_prompt END,
        pricing_completion = CASE WHEN NEW.output_price_per_1m IS DISTINCT FROM OLD.output_price_per_1m
            THEN trim_scale(NEW.output_price_per_1m * 0.000001) ELSE pricing_completion END,
        pricing_cache_read = CASE WHEN NEW.cache_read_price_per_1m IS DISTINCT FROM OLD.cache_read_price_per_1m
            THEN trim_scale(NEW.cache_read_price_per_1m * 0.000001) ELSE pricing_cache_read END,
        pricing_cache_write = CASE WHEN NEW.cache_write_price_per_1m IS DISTINCT FROM OLD.cache_write_price_per_1m
            THEN trim_scale(NEW.cache_write_price_per_1m * 0.000001) ELSE pricing_cache_write END,
        pricing_reasoning = CASE WHEN NEW.reasoning_price_per_1m IS DISTINCT FROM OLD.reasoning_price_per_1m
            THEN trim_scale(NEW.reasoning_price_per_1m * 0.000001) ELSE pricing_reasoning END,
        pricing_image = NEW.price_per_image, pricing_request = NEW.price_per_request,
        context_length = NEW.context_length, max_output_tokens = NEW.max_output_tokens, modality = NEW.modality,
        supports_streaming = NEW.supports_streaming, supports_tools = NEW.supports_tools,
        supports_vision = NEW.supports_vision, supports_reasoning = NEW.supports_reasoning,
        supports_json_schema = NEW.supports_json_schema, size_b = NEW.size_b, tags = NEW.tags,
        is_active = NEW.is_active, is_recommended = NEW.is_recommended, deprecation_date = NEW.deprecation_date,
        successor = NEW.successor, notes = NEW.notes, pinned = NEW.pinned
    WHERE id = OLD.id AND row_revision = OLD.row_revision;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'The model % was changed by somebody else while you edited it.', OLD.model
            USING ERRCODE = 'serialization_failure', HINT = 'Read it again and repeat your edit.';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER edit_catalog INSTEAD OF UPDATE ON catalog FOR EACH ROW EXECUTE FUNCTION edit_catalog();

-- How history names a row: as people do, also after it is gone.
CREATE FUNCTION row_title(table_name text, row_id bigint) RETURNS text
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT coalesce(
        CASE table_name
            WHEN 'models' THEN (
                SELECT p.slug || '/' || m.provider_model_id FROM models m JOIN providers p ON p.id = m.provider_id
                WHERE m.id = row_id
            )
            WHEN 'providers' THEN (SELECT slug FROM providers WHERE id = row_id)
            WHEN 'routes' THEN (SELECT name FROM routes WHERE id = row_id)
            WHEN 'route_members' THEN (
                SELECT r.name || ' → ' || m.model FROM route_members m JOIN routes r ON r.id = m.route_id WHERE m.id = row_id
            )
            WHEN 'api_keys' THEN (SELECT prefix || '…' FROM api_keys WHERE id = row_id)
            WHEN 'settings' THEN (SELECT name FROM settings WHERE id = row_id)
        END,
        (
            -- The row is gone: what it was when it went.
            SELECT coalesce((SELECT slug || '/' FROM providers WHERE id = (gone.cells -> 'provider_id' ->> 0)::bigint), '')
                || (gone.cells -> CASE gone.table_name
                    WHEN 'models' THEN 'provider_model_id' WHEN 'providers' THEN 'slug' WHEN 'route_members' THEN 'model'
                    WHEN 'api_keys' THEN 'prefix' ELSE 'name' END ->> 0)
            FROM change_rows gone
            WHERE gone.table_name = row_title.table_name AND gone.row_id = row_title.row_id AND gone.operation = 'delete'
            ORDER BY gone.change_set DESC, gone.position DESC LIMIT 1
        ),
        table_name || ' ' || row_id
    )
$$;
COMMENT ON FUNCTION row_title IS 'What people call a row: provider/api-name of a model, the name of a route.';

CREATE VIEW recent_changes AS
    SELECT
        c.changed_at, c.revision, c.actor, c.reason, c.table_name, c.row_id,
        row_title(c.table_name, c.row_id) AS what,
        c.operation, cell.key AS column_name,
        nullif(cell.value -> 0, 'null') AS old_value, nullif(cell.value -> 1, 'null') AS new_value
    FROM changes c, jsonb_each(c.cells) cell
    WHERE c.changed_at > now() - interval '30 days'
    AND cell.key NOT IN ('row_revision', 'members_revision', 'discovered', 'created_at', 'key_hash')
    -- What a row that came or went had nothing in.
    AND cell.value NOT IN ('[null, []]', '[null, {}]', '[[], null]', '[{}, null]')
    ORDER BY c.revision DESC, c.position DESC, cell.key;
COMMENT ON VIEW recent_changes IS 'What was changed in the last 30 days, newest first: a line for each cell.';
COMMENT ON COLUMN recent_changes.what IS 'The row, as people call it.';
COMMENT ON COLUMN recent_changes.operation IS 'insert, update or delete.';

CREATE VIEW price_history AS
    SELECT
        c.changed_at, c.revision, c.actor, c.reason, c.row_id AS model_id,
        row_title('models', c.row_id) AS model,
        price.name AS price, price.unit,
        trim_scale(price.old * price.factor) AS old_price, trim_scale(price.new * price.factor) AS new_price,
        round((price.new / nullif(price.old, 0) - 1) * 100, 2) AS change_percent
    FROM changes c
    CROSS JOIN LATERAL (
        SELECT named.name, named.unit, named.factor,
            (c.cells -> named.column_name ->> 0)::numeric AS old, (c.cells -> named.column_name ->> 1)::numeric AS new
        FROM (VALUES
            ('pricing_prompt', 'input', 'USD per 1M tokens', 1000000),
            ('pricing_completion', 'output', 'USD per 1M tokens', 1000000),
            ('pricing_cache_read', 'cache read', 'USD per 1M tokens', 1000000),
            ('pricing_cache_write', 'cache write', 'USD per 1M tokens', 1000000),
            ('pricing_reasoning', 'reasoning', 'USD per 1M tokens', 1000000),
            ('pricing_image', 'image', 'USD per image', 1),
            ('pricing_request', 'request', 'USD per request', 1)
        ) named(column_name, name, unit, factor)
        WHERE c.cells ? named.column_name
    ) price
    WHERE c.table_name = 'models'
    ORDER BY c.revision DESC, c.position DESC, price.name;
COMMENT ON VIEW price_history IS 'Every change of a price, newest first, in the units that people use.';
COMMENT ON COLUMN price_history.price IS 'Which price: input, output, cache read, cache write, reasoning, image or request.';
COMMENT ON COLUMN price_history.old_price IS 'Empty if it was unknown.';
COMMENT ON COLUMN price_history.new_price IS 'Empty if it is unknown.';
COMMENT ON COLUMN price_history.change_percent IS 'By how much it rose, or fell if negative.';

-- \d+ explains the schema: what earlier steps left without a word.

COMMENT ON COLUMN providers.name IS 'The name people read.';
COMMENT ON COLUMN providers.site_url IS 'Its page for people.';
COMMENT ON COLUMN providers.notes IS 'What people want to remember about it.';
COMMENT ON COLUMN models.provider_id IS 'Who offers it.';
COMMENT ON COLUMN models.description IS 'What it is, in the provider''s words.';
COMMENT ON COLUMN models.model_family IS 'Models of one make share it, as in gpt-4o.';
COMMENT ON COLUMN models.max_output_tokens IS 'The most tokens it answers with.';
COMMENT ON COLUMN models.input_modalities IS 'What may go in: text, image, audio, video, file.';
COMMENT ON COLUMN models.output_modalities IS 'What comes out.';
COMMENT ON COLUMN models.supports_streaming IS 'Whether it answers in a stream; empty if nobody has said.';
COMMENT ON COLUMN models.supports_tools IS 'Whether it calls tools.';
COMMENT ON COLUMN models.supports_vision IS 'Whether it sees images.';
COMMENT ON COLUMN models.supports_reasoning IS 'Whether it thinks before it answers.';
COMMENT ON COLUMN models.supports_json_schema IS 'Whether it keeps to a given JSON schema.';
COMMENT ON COLUMN models.features IS 'Further abilities, in the provider''s words.';
COMMENT ON COLUMN models.regions IS 'Where it runs.';
COMMENT ON COLUMN models.tags IS 'Labels, of people or by discovery: local, free.';
COMMENT ON COLUMN models.successor IS 'What to use instead, in the provider''s words.';
COMMENT ON COLUMN models.health_status IS 'What recent requests saw: healthy, degraded, down or unknown.';
COMMENT ON COLUMN models.sort_order IS 'Where people put it; lower comes first.';
COMMENT ON COLUMN models.notes IS 'What people want to remember about it.';
COMMENT ON COLUMN models.metadata IS 'What else is known, as a JSON object.';
COMMENT ON COLUMN routes.description IS 'What it is for.';
COMMENT ON COLUMN routes.is_active IS 'Whether the name may be used.';
COMMENT ON COLUMN route_members.route_id IS 'The route that it belongs to.';
COMMENT ON COLUMN route_members.position IS 'Its place in the order, from 1.';
COMMENT ON COLUMN api_keys.description IS 'What it is for.';
COMMENT ON COLUMN api_keys.owner IS 'Whose it is.';
COMMENT ON COLUMN api_keys.expires_at IS 'When it ends by itself; empty for never.';
COMMENT ON COLUMN api_keys.revoked_at IS 'When it was ended; empty if it is not.';
COMMENT ON COLUMN api_keys.last_used_at IS 'When it was last used, roughly.';
COMMENT ON COLUMN sync_runs.provider_id IS 'The provider that was asked.';
COMMENT ON COLUMN sync_runs.started_at IS 'When it began.';
COMMENT ON COLUMN sync_runs.finished_at IS 'When it ended.';
COMMENT ON COLUMN sync_runs.outcome IS 'succeeded, failed or skipped.';
COMMENT ON COLUMN sync_runs.message IS 'What happened, in a sentence.';
COMMENT ON COLUMN sync_runs.models_fetched IS 'Things in the provider''s list.';
COMMENT ON COLUMN sync_runs.models_transformed IS 'Of these, the ones that became models.';
COMMENT ON COLUMN sync_runs.models_skipped IS 'Of these, the ones that did not.';
COMMENT ON COLUMN sync_runs.models_added IS 'Models that were new.';
COMMENT ON COLUMN sync_runs.models_changed IS 'Models of which the provider said something new.';
COMMENT ON COLUMN revisions.revision IS 'The number.';
COMMENT ON COLUMN revisions.reason IS 'Why, if they said.';
COMMENT ON COLUMN revisions.committed_at IS 'When.';
COMMENT ON COLUMN change_rows.change_set IS 'The transaction that changed it; revisions says which revision that became.';
COMMENT ON COLUMN change_rows.position IS 'In which order.';
COMMENT ON COLUMN change_rows.table_name IS 'The table of the row.';
COMMENT ON COLUMN change_rows.row_id IS 'The id of the row.';
COMMENT ON COLUMN change_rows.operation IS 'insert, update or delete.';
COMMENT ON COLUMN pending_change_sets.transaction_id IS 'The transaction.';
COMMENT ON COLUMN pending_change_sets.change_set IS 'What it writes its changes under.';
COMMENT ON COLUMN revision_counter.is_only IS 'Always true: there is one row.';
COMMENT ON COLUMN revision_counter.revision IS 'The latest revision.';
COMMENT ON COLUMN revision_counter.transaction_id IS 'The transaction that made it.';
COMMENT ON COLUMN revision_counter.transaction_started_at IS 'When that transaction began.';
COMMENT ON COLUMN changes.changed_at IS 'When.';
COMMENT ON COLUMN price_history.model IS 'provider/api-name.';
COMMENT ON COLUMN price_history.model_id IS 'The id of the model.';
COMMENT ON COLUMN price_history.unit IS 'What the prices count in.';
COMMENT ON COLUMN recent_changes.column_name IS 'The column.';
COMMENT ON COLUMN recent_changes.old_value IS 'What was there; empty for nothing.';
COMMENT ON COLUMN recent_changes.new_value IS 'What is there now; empty for nothing.';
COMMENT ON COLUMN catalog.provider IS 'The provider''s slug.';
COMMENT ON COLUMN catalog.provider_name IS 'The provider''s name.';
COMMENT ON COLUMN catalog.api_name IS 'What a request to the provider names the model by.';
COMMENT ON COLUMN catalog.family IS 'Models of one make share it, as in gpt-4o.';
COMMENT ON FUNCTION open_change_set IS 'The change set that this transaction writes to; empty if it has not changed anything.';
COMMENT ON FUNCTION discoverable_columns IS 'The columns of models that a refresh fills and a person''s edit pins.';
COMMENT ON FUNCTION changed_cells IS '{column: [old value, new value]} for the columns in which two rows differ.';
COMMENT ON PROCEDURE record_changes_of IS 'Puts the triggers that record changes on a table.';
COMMENT ON FUNCTION merge_listed_models IS 'Merges the list of a provider, in the temporary table listed_models, into models.';

-- What many tables have, and what views take over from the tables under them.
DO $$
DECLARE
    found record;
BEGIN
    FOR found IN
        SELECT c.relname, a.attname, coalesce(told.comment, usual.comment) AS comment
        FROM pg_class c
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        LEFT JOIN (VALUES
            ('id', 'The row''s number; it never changes.'),
            ('created_at', 'When the row was made.'),
            ('updated_at', 'When the row was last changed.'),
            ('row_revision', 'Counts the changes of this row; an edit names the number it saw.'),
            ('provider_id', 'The provider.')
        ) usual(name, comment) ON usual.name = a.attname
        LEFT JOIN LATERAL (
            SELECT col_description(source.oid, other.attnum) AS comment
            FROM (VALUES
                ('catalog', 'models'), ('changes', 'change_rows'), ('changes', 'revisions'), ('recent_changes', 'changes'),
                ('price_history', 'changes')
            ) basis(view, source_name)
            JOIN pg_class source ON source.oid = basis.source_name::regclass
            JOIN pg_attribute other ON other.attrelid = source.oid AND other.attname = a.attname
            WHERE basis.view = c.relname AND col_description(source.oid, other.attnum) IS NOT NULL
            LIMIT 1
        ) told ON true
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v')
        AND col_description(c.oid, a.attnum) IS NULL AND coalesce(told.comment, usual.comment) IS NOT NULL
        -- The view changes first: other views take its words over.
        ORDER BY c.relname <> 'changes', c.relname, a.attnum
    LOOP
        EXECUTE format('COMMENT ON COLUMN %I.%I IS %L', found.relname, found.attname, found.comment);
    END LOOP;
    FOR found IN
        SELECT DISTINCT c.relname, a.attname, col_description('changes'::regclass, other.attnum) AS comment
        FROM pg_class c
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
        JOIN pg_attribute other ON other.attrelid = 'changes'::regclass AND other.attname = a.attname
        WHERE c.relname IN ('recent_changes', 'price_history') AND col_description(c.oid, a.attnum) IS NULL
    LOOP
        EXECUTE format('COMMENT ON COLUMN %I.%I IS %L', found.relname, found.attname, found.comment);
    END LOOP;
END
$$;
