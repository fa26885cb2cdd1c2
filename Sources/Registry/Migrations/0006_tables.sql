-- The tables beside the catalogue: what people decide for every replica, what jobs and replicas keep of themselves, what
-- waits for a person, and what was used.

-- Routes choose by weight and price as well as in order, and may ask for abilities.
ALTER TABLE routes
    DROP CONSTRAINT "The strategy is ordered: the first member that can serve does.",
    ADD CONSTRAINT "The strategy is ordered, weighted or cheapest."
        CHECK (strategy IN ('ordered', 'weighted', 'cheapest')),
    ADD COLUMN members_revision bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN routes.strategy IS
    'How a member is chosen: ordered (the first that can serve), weighted (by chance, in proportion to weight) or cheapest.';
COMMENT ON COLUMN routes.members_revision IS
    'Counts the changes of this route''s members, so that row_revision moves with them.';

ALTER TABLE route_members
    ADD COLUMN weight integer NOT NULL DEFAULT 1
        CONSTRAINT "A weight is a number from 0 to 1000000." CHECK (weight BETWEEN 0 AND 1000000),
    ADD COLUMN requires text[] NOT NULL DEFAULT '{}'
        CONSTRAINT "Abilities: streaming, tools, vision, reasoning, json_schema."
        CHECK (requires <@ '{streaming,tools,vision,reasoning,json_schema}'),
    ADD COLUMN max_price numeric
        CONSTRAINT "A highest price is 0 or more. Leave it empty for any price."
        CHECK (max_price >= 0 AND max_price < 'Infinity');
COMMENT ON COLUMN route_members.weight IS 'Its share beside the other members'', where the route''s strategy is weighted.';
COMMENT ON COLUMN route_members.requires IS
    'What an offer must be known to do: streaming, tools, vision, reasoning, json_schema.';
COMMENT ON COLUMN route_members.max_price IS
    'USD per input token; offers that cost more, or of which the price is unknown, are passed over.';

-- A route's members are part of it: who edits a route names its row_revision, and that must have moved when a member has.
CREATE FUNCTION count_member_changes() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        UPDATE routes SET members_revision = members_revision + 1 WHERE id IN (
            SELECT unnest(ARRAY[o.route_id, n.route_id]) FROM old_rows o JOIN new_rows n USING (id)
            WHERE o.row_revision <> n.row_revision
        );
    ELSE
        UPDATE routes SET members_revision = members_revision + 1 WHERE id IN (SELECT route_id FROM changed_rows);
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER count_inserts AFTER INSERT ON route_members REFERENCING NEW TABLE AS changed_rows
    FOR EACH STATEMENT EXECUTE FUNCTION count_member_changes();
CREATE TRIGGER count_deletes AFTER DELETE ON route_members REFERENCING OLD TABLE AS changed_rows
    FOR EACH STATEMENT EXECUTE FUNCTION count_member_changes();
CREATE TRIGGER count_updates AFTER UPDATE ON route_members REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION count_member_changes();

-- The foreign key says "this provider does not exist", which is no answer to who deletes one.
CREATE FUNCTION keep_provider_with_models() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    count bigint := (SELECT count(*) FROM models WHERE provider_id = OLD.id);
BEGIN
    IF count > 0 THEN
        RAISE EXCEPTION 'The provider % still has % models, so it cannot be deleted.', OLD.slug, count
            USING ERRCODE = 'restrict_violation', HINT = 'Untick is_active to stop using it, or delete its models first.';
    END IF;
    RETURN OLD;
END
$$;
CREATE TRIGGER keep_provider_with_models BEFORE DELETE ON providers
    FOR EACH ROW EXECUTE FUNCTION keep_provider_with_models();

-- What a key may use, and how much of it.
ALTER TABLE api_keys
    ADD COLUMN allowed_models text[]
        CONSTRAINT "Name models or patterns such as openai/*, or leave it empty."
        CHECK (cardinality(allowed_models) > 0 AND array_position(allowed_models, '') IS NULL),
    ADD COLUMN requests_per_minute integer
        CONSTRAINT "Requests per minute are 1 or more. Leave empty for no limit." CHECK (requests_per_minute >= 1),
    ADD COLUMN tokens_per_minute bigint
        CONSTRAINT "Tokens per minute are 1 or more. Leave empty for no limit." CHECK (tokens_per_minute >= 1),
    ADD COLUMN max_concurrency integer
        CONSTRAINT "Requests at once are 1 or more. Leave empty for no limit." CHECK (max_concurrency >= 1),
    ADD COLUMN budget_daily numeric
        CONSTRAINT "A daily budget is 0 or more. Leave it empty for no limit."
        CHECK (budget_daily >= 0 AND budget_daily < 'Infinity'),
    ADD COLUMN budget_monthly numeric
        CONSTRAINT "A monthly budget is 0 or more. Leave it empty for no limit."
        CHECK (budget_monthly >= 0 AND budget_monthly < 'Infinity');
COMMENT ON COLUMN api_keys.allowed_models IS
    'Models it may use: provider/api-name, an API name, a route, or a pattern with * such as openai/*; empty for all. Recorded; this release does not enforce it.';
COMMENT ON COLUMN api_keys.requests_per_minute IS 'Requests it may make in a minute, on all replicas together. Recorded; this release does not enforce it.';
COMMENT ON COLUMN api_keys.tokens_per_minute IS 'Tokens, in and out, that it may use in a minute, on all replicas together. Recorded; this release does not enforce it.';
COMMENT ON COLUMN api_keys.max_concurrency IS 'Requests that it may have under way at once, on all replicas together. Recorded; this release does not enforce it.';
COMMENT ON COLUMN api_keys.budget_daily IS 'USD that it may spend in a day (UTC). Recorded; this release does not enforce it.';
COMMENT ON COLUMN api_keys.budget_monthly IS 'USD that it may spend in a calendar month (UTC). Recorded; this release does not enforce it.';

CREATE TABLE settings (
    id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    name text NOT NULL CONSTRAINT "This setting already exists." UNIQUE
        CONSTRAINT "A setting has lower-case letters, digits, dots, underscores." CHECK (name ~ '^[a-z][a-z0-9._]{0,99}$'),
    value jsonb NOT NULL
        CONSTRAINT "A setting's value is a JSON object." CHECK (jsonb_typeof(value) = 'object'),
    description text
        CONSTRAINT "A setting's description holds at most 2000 characters." CHECK (length(description) <= 2000),
    row_revision bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE settings IS 'What people decide for every replica at once, beside each replica''s own configuration.';
COMMENT ON COLUMN settings.name IS 'What the setting is called.';
COMMENT ON COLUMN settings.value IS 'What it is set to, as a JSON object.';
COMMENT ON COLUMN settings.description IS 'What it does.';
CREATE TRIGGER keep_row_revision BEFORE INSERT OR UPDATE ON settings
    FOR EACH ROW EXECUTE FUNCTION keep_row_revision();
CALL record_changes_of('settings');

-- From here on: what programs keep of themselves. None of it is served from a snapshot, so none of it makes a revision.

CREATE TABLE leases (
    name text PRIMARY KEY
        CONSTRAINT "A lease has a name of 1 to 200 characters." CHECK (length(name) BETWEEN 1 AND 200),
    holder text NOT NULL,
    fencing_token bigint NOT NULL
        CONSTRAINT "A fencing token is 1 or more." CHECK (fencing_token >= 1),
    acquired_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    renewed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL
);
COMMENT ON TABLE leases IS 'Which replica does a job that only one may do, by the clock of this database alone.';
COMMENT ON COLUMN leases.name IS 'The job: refresh:openrouter, relay.';
COMMENT ON COLUMN leases.holder IS 'The replica that holds it, or held it last.';
COMMENT ON COLUMN leases.fencing_token IS 'Grows with each holder; a write that names an older one is refused.';
COMMENT ON COLUMN leases.acquired_at IS 'Since when this holder has it.';
COMMENT ON COLUMN leases.renewed_at IS 'When the holder last said that it is still there.';
COMMENT ON COLUMN leases.expires_at IS 'When it ends unless renewed.';

CREATE TABLE review_queue (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    provider_id bigint NOT NULL CONSTRAINT "This provider does not exist." REFERENCES providers (id) ON DELETE CASCADE,
    provider_model_id text NOT NULL,
    column_name text NOT NULL,
    current_value jsonb,
    proposed_value jsonb,
    reason text NOT NULL,
    status text NOT NULL DEFAULT 'waiting'
        CONSTRAINT "A review is waiting, accepted, rejected or withdrawn."
        CHECK (status IN ('waiting', 'accepted', 'rejected', 'withdrawn')),
    sync_run_id bigint REFERENCES sync_runs (id) ON DELETE SET NULL,
    decided_by text,
    decided_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT "A decision names who made it and when." CHECK (
        (status IN ('accepted', 'rejected')) = (decided_by IS NOT NULL AND decided_at IS NOT NULL)
    )
);
CREATE UNIQUE INDEX review_queue_waiting ON review_queue (provider_id, provider_model_id, column_name)
    WHERE status = 'waiting';
CREATE INDEX review_queue_sync_run ON review_queue (sync_run_id);
COMMENT ON TABLE review_queue IS 'What a provider said that looks wrong: shown and not applied until a person accepts or rejects it.';
COMMENT ON COLUMN review_queue.provider_model_id IS 'The API name of the model that it is about.';
COMMENT ON COLUMN review_queue.column_name IS 'The column of models that it is about.';
COMMENT ON COLUMN review_queue.current_value IS 'What the registry shows.';
COMMENT ON COLUMN review_queue.proposed_value IS 'What the provider says.';
COMMENT ON COLUMN review_queue.reason IS 'Why it looks wrong, in a sentence.';
COMMENT ON COLUMN review_queue.status IS 'waiting, accepted, rejected, or withdrawn because the provider no longer says so.';
COMMENT ON COLUMN review_queue.sync_run_id IS 'The refresh that last saw it.';
COMMENT ON COLUMN review_queue.decided_by IS 'Who accepted or rejected it.';
COMMENT ON COLUMN review_queue.decided_at IS 'When.';

CREATE TABLE replicas (
    id text PRIMARY KEY
        CONSTRAINT "A replica has an id of 1 to 200 characters." CHECK (length(id) BETWEEN 1 AND 200),
    host text NOT NULL,
    port integer,
    release text NOT NULL,
    schema_version integer NOT NULL,
    served_revision bigint NOT NULL DEFAULT 0,
    mode text NOT NULL DEFAULT 'normal',
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    last_seen_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE replicas IS 'The gateway processes that have lately said they are alive, and the revision that each serves.';
COMMENT ON COLUMN replicas.id IS 'Names one start of one process.';
COMMENT ON COLUMN replicas.host IS 'The host or pod that it runs on.';
COMMENT ON COLUMN replicas.port IS 'Where it listens.';
COMMENT ON COLUMN replicas.release IS 'The version of the program.';
COMMENT ON COLUMN replicas.schema_version IS 'The latest step of the schema that it knows.';
COMMENT ON COLUMN replicas.served_revision IS 'The revision that it answers requests from.';
COMMENT ON COLUMN replicas.mode IS 'normal, or what it does without.';
COMMENT ON COLUMN replicas.started_at IS 'When it started.';
COMMENT ON COLUMN replicas.last_seen_at IS 'When it last said that it is alive.';

CREATE TABLE usage (
    day date NOT NULL,
    request_id uuid NOT NULL,
    at timestamptz NOT NULL,
    api_key_id bigint,
    owner text,
    provider_id bigint,
    model_id bigint,
    provider text,
    api_name text,
    route text,
    endpoint text NOT NULL,
    revision bigint NOT NULL,
    replica text NOT NULL,
    outcome text NOT NULL,
    status integer NOT NULL,
    attempts integer NOT NULL DEFAULT 1,
    is_stream boolean NOT NULL DEFAULT false,
    cache text NOT NULL DEFAULT 'bypass',
    prompt_tokens bigint,
    completion_tokens bigint,
    cache_read_tokens bigint,
    cache_write_tokens bigint,
    reasoning_tokens bigint,
    images bigint,
    cost numeric,
    duration_ms double precision NOT NULL,
    first_token_ms double precision,
    PRIMARY KEY (day, request_id)
) PARTITION BY RANGE (day);
CREATE INDEX usage_key ON usage (api_key_id, at);
COMMENT ON TABLE usage IS 'One row for each request that was answered; a partition a day (prepare_usage, drop_usage).';
COMMENT ON COLUMN usage.day IS 'The day of at, in UTC.';
COMMENT ON COLUMN usage.request_id IS 'Names the request; a row that is sent twice is kept once.';
COMMENT ON COLUMN usage.at IS 'When the request came.';
COMMENT ON COLUMN usage.api_key_id IS 'The key that it came with; empty for none.';
COMMENT ON COLUMN usage.owner IS 'Whose key it was at that time.';
COMMENT ON COLUMN usage.provider_id IS 'Who answered.';
COMMENT ON COLUMN usage.model_id IS 'The offer that answered.';
COMMENT ON COLUMN usage.provider IS 'The slug of who answered, at that time.';
COMMENT ON COLUMN usage.api_name IS 'The API name of the model that answered, at that time.';
COMMENT ON COLUMN usage.route IS 'The route that the request named; empty if it named a model.';
COMMENT ON COLUMN usage.endpoint IS 'What was asked: chat, embeddings.';
COMMENT ON COLUMN usage.revision IS 'The revision that the request was answered from, whose price is the cost''s.';
COMMENT ON COLUMN usage.replica IS 'The replica that answered.';
COMMENT ON COLUMN usage.outcome IS 'How it ended, in a word: succeeded, failed, cancelled, limited.';
COMMENT ON COLUMN usage.status IS 'The status of the answer.';
COMMENT ON COLUMN usage.attempts IS 'How many offers were tried.';
COMMENT ON COLUMN usage.is_stream IS 'Whether the answer was a stream.';
COMMENT ON COLUMN usage.cache IS 'hit, miss or bypass.';
COMMENT ON COLUMN usage.prompt_tokens IS 'Input tokens; empty if the provider did not say.';
COMMENT ON COLUMN usage.completion_tokens IS 'Output tokens; empty if the provider did not say.';
COMMENT ON COLUMN usage.cache_read_tokens IS 'Input tokens that the provider read from its prompt cache.';
COMMENT ON COLUMN usage.cache_write_tokens IS 'Input tokens that the provider wrote to its prompt cache.';
COMMENT ON COLUMN usage.reasoning_tokens IS 'Output tokens that were thought and not said.';
COMMENT ON COLUMN usage.images IS 'Images that were made.';
COMMENT ON COLUMN usage.cost IS 'USD; empty if a price or a count is unknown, never zero for it.';
COMMENT ON COLUMN usage.duration_ms IS 'Milliseconds from the request''s first byte to the answer''s last.';
COMMENT ON COLUMN usage.first_token_ms IS 'Milliseconds to the first token of a stream.';

-- Makes the partitions of some days, where they are missing. Safe to call at any time, and by several at once.
CREATE FUNCTION prepare_usage(first_day date, last_day date) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    day date;
    made integer := 0;
BEGIN
    IF last_day - first_day > 400 THEN
        RAISE EXCEPTION 'At most 400 days can be prepared at once.' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('roster.prepare_usage'));
    FOR day IN SELECT generate_series(first_day, last_day, '1 day')::date LOOP
        CONTINUE WHEN to_regclass(format('public.usage_%s', to_char(day, 'YYYYMMDD'))) IS NOT NULL;
        EXECUTE format('CREATE TABLE %I PARTITION OF usage FOR VALUES FROM (%L) TO (%L)',
            'usage_' || to_char(day, 'YYYYMMDD'), day, day + 1);
        made := made + 1;
    END LOOP;
    RETURN made;
END
$$;
COMMENT ON FUNCTION prepare_usage IS 'Makes the partitions of usage for these days; returns how many were missing.';

-- Drops the partitions of days before a day, and with them their rows.
CREATE FUNCTION drop_usage(before date) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    partition text;
    dropped integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('roster.prepare_usage'));
    FOR partition IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'usage'::regclass AND c.relname ~ '^usage_[0-9]{8}$'
        AND to_date(substr(c.relname, 7), 'YYYYMMDD') < before
    LOOP
        EXECUTE format('DROP TABLE %I', partition);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END
$$;
COMMENT ON FUNCTION drop_usage IS 'Drops the partitions of usage of days before this one; returns how many there were.';
