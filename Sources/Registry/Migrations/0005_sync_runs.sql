-- What each refresh did. Not a registry table: a run is a record of work, not something that replicas serve.

CREATE TABLE sync_runs (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    provider_id bigint NOT NULL REFERENCES providers (id) ON DELETE CASCADE,
    started_at timestamptz NOT NULL,
    finished_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    outcome text NOT NULL CHECK (outcome IN ('succeeded', 'failed', 'skipped')),
    message text NOT NULL,
    models_fetched integer NOT NULL DEFAULT 0,
    models_transformed integer NOT NULL DEFAULT 0,
    models_skipped integer NOT NULL DEFAULT 0,
    models_added integer NOT NULL DEFAULT 0,
    models_changed integer NOT NULL DEFAULT 0,
    revision bigint
);
CREATE INDEX ON sync_runs (provider_id, finished_at DESC);
COMMENT ON TABLE sync_runs IS 'What each refresh of a provider did, and why it failed or was skipped.';
COMMENT ON COLUMN sync_runs.revision IS 'The revision that the run made; empty if nothing changed.';
