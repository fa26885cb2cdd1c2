-- Discovery by many replicas: one refreshes a provider at a time, and what looks wrong waits for a person.

-- Leases, by the clock of this database alone. A fencing token grows with each holder, so that the write of one who has
-- lost the lease without noticing is told apart from the present holder's.
CREATE FUNCTION acquire_lease(lease text, by_holder text, span interval) RETURNS bigint
LANGUAGE sql SET search_path = public, pg_temp AS $$
    INSERT INTO leases (name, holder, fencing_token, expires_at)
    VALUES (lease, by_holder, 1, clock_timestamp() + span)
    ON CONFLICT (name) DO UPDATE SET
        holder = excluded.holder, fencing_token = leases.fencing_token + 1, acquired_at = clock_timestamp(),
        renewed_at = clock_timestamp(), expires_at = clock_timestamp() + span
    WHERE leases.expires_at <= clock_timestamp()
    RETURNING fencing_token
$$;
COMMENT ON FUNCTION acquire_lease IS 'Takes a lease that nobody holds; returns its fencing token, or nothing if somebody does.';

CREATE FUNCTION renew_lease(lease text, token bigint, span interval) RETURNS boolean
LANGUAGE sql SET search_path = public, pg_temp AS $$
    WITH renewed AS (
        UPDATE leases SET renewed_at = clock_timestamp(), expires_at = clock_timestamp() + span
        WHERE name = lease AND fencing_token = token RETURNING 1
    )
    SELECT EXISTS (SELECT FROM renewed)
$$;
COMMENT ON FUNCTION renew_lease IS 'Keeps a lease for longer; false if another has taken it meanwhile.';

CREATE FUNCTION release_lease(lease text, token bigint) RETURNS boolean
LANGUAGE sql SET search_path = public, pg_temp AS $$
    WITH released AS (
        UPDATE leases SET expires_at = clock_timestamp() WHERE name = lease AND fencing_token = token RETURNING 1
    )
    SELECT EXISTS (SELECT FROM released)
$$;
COMMENT ON FUNCTION release_lease IS 'Gives a lease back; false if another has taken it meanwhile.';

-- Refuses the commit of a transaction that names a lease which is no longer its own. The lock lasts as long as the commit
-- and keeps anybody from taking the lease between the comparison and the end; as all of it happens within one command to
-- the server, a client that is paused cannot prolong it.
CREATE FUNCTION check_fencing_token() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    lease text := nullif(current_setting('roster.lease', true), '');
    token bigint := nullif(current_setting('roster.fencing_token', true), '')::bigint;
    found leases;
BEGIN
    IF lease IS NULL THEN
        RETURN NULL;
    END IF;
    SELECT * INTO found FROM leases WHERE name = lease FOR SHARE;
    IF found.fencing_token IS DISTINCT FROM token OR found.expires_at <= clock_timestamp() THEN
        RAISE EXCEPTION 'The lease % with fencing token % is no longer held: % has it with token % until %.',
            lease, token, coalesce(found.holder, 'nobody'), found.fencing_token, found.expires_at
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Nothing was written. Whoever holds the lease does the work.';
    END IF;
    RETURN NULL;
END
$$;
-- Named so that it runs before number_revision, and the counter is not taken for a write that is refused.
CREATE CONSTRAINT TRIGGER check_fencing_token
    AFTER INSERT ON pending_change_sets
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION check_fencing_token();

-- Takes out of the temporary table listed_models what looks wrong, puts it before a person, and leaves in its place what
-- the provider said before. A value that a person has accepted is not asked for again, nor is one that was rejected.
--
-- Prices: above the ceiling, below the floor though not zero, or more than `step` times the last known price, or less than
-- a `step`-th of it: a unit mistaken by a thousand or a million.
CREATE FUNCTION hold_back_listed_models(provider bigint, floor numeric, ceiling numeric, step numeric)
RETURNS TABLE (api_name text, column_name text, current_value jsonb, proposed_value jsonb, reason text)
LANGUAGE plpgsql SET search_path = pg_temp, public AS $$
#variable_conflict use_column
BEGIN
    CREATE TEMPORARY TABLE held_back ON COMMIT DROP AS
    WITH said AS (
        SELECT
            l.provider_model_id, named.column_name,
            l.discovered -> named.column_name AS proposed, m.discovered -> named.column_name AS last,
            (l.discovered ->> named.column_name)::numeric AS now_said,
            (m.discovered ->> named.column_name)::numeric AS last_said
        FROM listed_models l
        CROSS JOIN (VALUES
            ('pricing_prompt'), ('pricing_completion'), ('pricing_cache_read'), ('pricing_cache_write'), ('pricing_reasoning')
        ) named(column_name)
        LEFT JOIN models m ON m.provider_id = provider AND m.provider_model_id = l.provider_model_id
        WHERE l.discovered ->> named.column_name IS NOT NULL
        AND l.discovered -> named.column_name IS DISTINCT FROM m.discovered -> named.column_name
    ), judged AS (
        SELECT said.*, CASE
            WHEN now_said > ceiling THEN
                format('%s USD per 1M tokens is more than any model costs: the unit is probably mistaken.',
                    trim_scale(now_said * 1000000))
            WHEN now_said > 0 AND now_said < floor THEN
                format('%s USD per 1M tokens is less than any model costs: the unit is probably mistaken.',
                    trim_scale(now_said * 1000000))
            WHEN last_said > 0 AND now_said > last_said * step THEN
                format('It is %s times what it was.', trim_scale(round(now_said / last_said, 1)))
            WHEN last_said > 0 AND now_said > 0 AND now_said < last_said / step THEN
                format('It is 1/%s of what it was.', trim_scale(round(last_said / now_said, 1)))
        END AS why
        FROM said
    )
    SELECT j.provider_model_id, j.column_name, j.last, j.proposed, j.why,
        EXISTS (
            SELECT FROM review_queue q
            WHERE q.provider_id = provider AND q.provider_model_id = j.provider_model_id
            AND q.column_name = j.column_name AND q.status = 'rejected' AND q.proposed_value = j.proposed
        ) AS was_rejected
    FROM judged j
    WHERE j.why IS NOT NULL AND NOT EXISTS (
        SELECT FROM review_queue q
        WHERE q.provider_id = provider AND q.provider_model_id = j.provider_model_id
        AND q.column_name = j.column_name AND q.status = 'accepted' AND q.proposed_value = j.proposed
    );

    UPDATE listed_models l SET discovered = l.discovered || h.cells
    FROM (
        SELECT provider_model_id, jsonb_object_agg(held_back.column_name, coalesce(last, 'null')) AS cells
        FROM held_back GROUP BY 1
    ) h
    WHERE l.provider_model_id = h.provider_model_id;

    -- What the provider no longer says needs no decision.
    UPDATE review_queue q SET status = 'withdrawn', updated_at = now()
    WHERE q.provider_id = provider AND q.status = 'waiting' AND NOT EXISTS (
        SELECT FROM held_back h
        WHERE h.provider_model_id = q.provider_model_id AND h.column_name = q.column_name AND h.proposed = q.proposed_value
    );
    INSERT INTO review_queue (provider_id, provider_model_id, column_name, current_value, proposed_value, reason)
    SELECT provider, h.provider_model_id, h.column_name, h.last, h.proposed, h.why FROM held_back h
    WHERE NOT h.was_rejected
    ON CONFLICT (provider_id, provider_model_id, column_name) WHERE status = 'waiting' DO UPDATE SET updated_at = now();

    RETURN QUERY SELECT h.provider_model_id, h.column_name, h.last, h.proposed, h.why FROM held_back h WHERE NOT h.was_rejected;
END
$$;
COMMENT ON FUNCTION hold_back_listed_models IS
    'Puts what a provider says and looks wrong before a person, and leaves what it said before in the list to be merged.';

-- Switches off what has been missing from several complete lists in a row, unless the list itself looks cut short or a
-- person has said otherwise. To be called after merge_listed_models, in its transaction.
CREATE FUNCTION retire_missing_models(provider bigint, strikes integer) RETURNS TABLE (api_name text)
LANGUAGE plpgsql SET search_path = pg_temp, public AS $$
DECLARE
    active bigint := (
        SELECT count(*) FROM models WHERE provider_id = provider AND is_active AND discovered <> '{}'
    );
BEGIN
    IF (SELECT count(*) FROM listed_models) * 2 < active THEN
        RETURN;
    END IF;
    RETURN QUERY
        UPDATE models m
        SET is_active = false, discovered = m.discovered || '{"is_active": false}', updated_at = now(),
            row_revision = m.row_revision + 1
        WHERE m.provider_id = provider AND m.is_active AND m.missing_since IS NOT NULL AND 'is_active' <> ALL (m.pinned)
        -- This list is one more than those that are remembered.
        AND (
            SELECT count(*) + 1 FROM sync_runs s
            WHERE s.provider_id = provider AND s.outcome = 'succeeded' AND s.finished_at >= m.missing_since
        ) >= strikes
        RETURNING m.provider_model_id;
END
$$;
COMMENT ON FUNCTION retire_missing_models IS
    'Switches off models that several complete lists in a row did not have; never when the list holds less than half of them.';

-- A person's word on what was held back. Accepted, the provider has said it: it becomes what is discovered, and shows
-- unless the cell is pinned. Rejected, it is not asked again.
CREATE FUNCTION decide_review(review bigint, accept boolean) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    item review_queue;
    author text := coalesce(nullif(current_setting('roster.actor', true), ''), 'sql:' || session_user);
BEGIN
    SELECT * INTO item FROM review_queue WHERE id = review FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'There is no review %.', review USING ERRCODE = 'no_data_found';
    ELSIF item.status <> 'waiting' THEN
        RAISE EXCEPTION 'Review % is not waiting any more: it is %.', review, item.status
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    UPDATE review_queue
    SET status = CASE WHEN accept THEN 'accepted' ELSE 'rejected' END, decided_by = author, decided_at = clock_timestamp(),
        updated_at = now()
    WHERE id = review;
    IF NOT accept THEN
        RETURN;
    END IF;
    PERFORM set_config('roster.writer', 'refresh', true);
    EXECUTE format(
        'UPDATE models SET discovered = discovered || jsonb_build_object(%1$L, $1), row_revision = row_revision + 1,
            updated_at = now(),
            %1$I = CASE WHEN %1$L = ANY (pinned) THEN %1$I ELSE (jsonb_populate_record(NULL::models, jsonb_build_object(%1$L, $1))).%1$I END
         WHERE provider_id = $2 AND provider_model_id = $3', item.column_name)
        USING item.proposed_value, item.provider_id, item.provider_model_id;
    PERFORM set_config('roster.writer', '', true);
END
$$;
COMMENT ON FUNCTION decide_review IS 'Accepts or rejects what a provider said and looked wrong.';
