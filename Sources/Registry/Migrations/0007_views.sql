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
        m.pricing_prompt * 1000000 AS input_price_per_1m,
        m.pricing_completion * 1000000 AS output_price_per_1m,
        m.pricing_cache_read * 1000000 AS cache_read_price_per_1m,
        m.pricing_cache_write * 1000000 AS cache_write_price_per_1m,
        m.pricing_reasoning * 1000000 AS reasoning_price_per_1m,
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
CREATE FUNCTION row_title(table_name text, row_id bigint, cells jsonb DEFAULT NULL) RETURNS text
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
            -- The row is gone: what the change itself says, new value before old.
            SELECT string_agg(coalesce(cell ->> 1, cell ->> 0), '/' ORDER BY place)
            FROM unnest(ARRAY['slug', 'name', 'provider_model_id', 'model', 'prefix']) WITH ORDINALITY named(key, place),
                LATERAL (SELECT cells -> named.key) found(cell)
            WHERE cell IS NOT NULL AND NOT (table_name = 'providers' AND named.key = 'name')
        ),
        table_name || ' ' || row_id
    )
$$;
COMMENT ON FUNCTION row_title IS 'What people call a row: provider/api-name of a model, the name of a route.';

CREATE VIEW recent_changes AS
    SELECT
        c.changed_at, c.revision, c.actor, c.reason, c.table_name, c.row_id,
        row_title(c.table_name, c.row_id, c.cells) AS what,
        c.operation, cell.key AS column_name, cell.value -> 0 AS old_value, cell.value -> 1 AS new_value
    FROM changes c, jsonb_each(c.cells) cell
    WHERE c.changed_at > now() - interval '30 days'
    AND cell.key NOT IN ('row_revision', 'members_revision', 'discovered', 'created_at', 'key_hash')
    ORDER BY c.revision DESC, c.position, cell.key;
COMMENT ON VIEW recent_changes IS 'What was changed in the last 30 days, newest first: a line for each cell.';
COMMENT ON COLUMN recent_changes.what IS 'The row, as people call it.';
COMMENT ON COLUMN recent_changes.operation IS 'insert, update or delete.';

CREATE VIEW price_history AS
    SELECT
        c.changed_at, c.revision, c.actor, c.reason, c.row_id AS model_id,
        row_title('models', c.row_id, c.cells) AS model,
        price.name AS price, price.unit,
        price.old * price.factor AS old_price, price.new * price.factor AS new_price,
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
    ORDER BY c.revision DESC, c.position, price.name;
COMMENT ON VIEW price_history IS 'Every change of a price, newest first, in the units that people use.';
COMMENT ON COLUMN price_history.price IS 'Which price: input, output, cache read, cache write, reasoning, image or request.';
COMMENT ON COLUMN price_history.old_price IS 'Empty if it was unknown.';
COMMENT ON COLUMN price_history.new_price IS 'Empty if it is unknown.';
COMMENT ON COLUMN price_history.change_percent IS 'By how much it rose, or fell if negative.';
