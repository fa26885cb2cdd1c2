-- Revisions: every transaction that changes a registry row gets one number, gap-free, in commit order.
--
-- A statement-level trigger writes what changed under a change set, which belongs to the transaction. The first change
-- of a transaction also leaves one row in pending_change_sets, whose deferred constraint trigger runs at commit: only
-- there is the counter taken, so that a transaction that stays open delays nobody, and one that rolls back leaves no gap.

CREATE TABLE revision_counter (
    is_only boolean PRIMARY KEY DEFAULT true CONSTRAINT "There is one revision counter." CHECK (is_only),
    revision bigint NOT NULL DEFAULT 0,
    transaction_id xid8,
    transaction_started_at timestamptz
);
INSERT INTO revision_counter DEFAULT VALUES;
COMMENT ON TABLE revision_counter IS 'One row: the latest revision, and the transaction that made it.';

CREATE TABLE revisions (
    revision bigint PRIMARY KEY,
    change_set bigint NOT NULL UNIQUE,
    actor text NOT NULL,
    reason text,
    committed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX ON revisions (committed_at);
COMMENT ON TABLE revisions IS 'Every change of the registry, numbered without gaps in the order of commits: who, why, when.';
COMMENT ON COLUMN revisions.change_set IS 'Names the rows of change_rows that belong to this revision.';
COMMENT ON COLUMN revisions.actor IS 'The person, key or worker who made the change; sql: and the login name for plain SQL.';

CREATE TABLE change_rows (
    change_set bigint NOT NULL,
    position bigint GENERATED ALWAYS AS IDENTITY,
    table_name text NOT NULL,
    row_id bigint NOT NULL,
    operation text NOT NULL,
    cells jsonb NOT NULL,
    PRIMARY KEY (change_set, position)
);
CREATE INDEX ON change_rows (table_name, row_id);
COMMENT ON TABLE change_rows IS 'One row for each registry row that a transaction changed; read it through the view changes.';
COMMENT ON COLUMN change_rows.cells IS 'For each changed column: [old value, new value].';

CREATE SEQUENCE change_set_numbers;
CREATE TABLE pending_change_sets (
    transaction_id xid8 PRIMARY KEY DEFAULT pg_current_xact_id(),
    change_set bigint NOT NULL
);
COMMENT ON TABLE pending_change_sets IS 'Transactions that have changed something and are not committed; always empty for whoever looks from outside.';

CREATE VIEW changes AS
    SELECT r.revision, r.committed_at AS changed_at, r.actor, r.reason, c.table_name, c.row_id, c.operation, c.cells, c.position
    FROM change_rows c JOIN revisions r USING (change_set);
COMMENT ON VIEW changes IS 'What changed: one line for each row of each revision, with {column: [old value, new value]}.';

-- The change set that this transaction writes to, or NULL if it has not changed anything yet.
CREATE FUNCTION open_change_set() RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT change_set FROM pending_change_sets WHERE transaction_id = pg_current_xact_id_if_assigned()
    UNION ALL
    -- SET CONSTRAINTS IMMEDIATE has numbered this transaction before its end: what follows joins the same revision.
    SELECT r.change_set FROM revision_counter c JOIN revisions r USING (revision)
    WHERE c.transaction_id = pg_current_xact_id_if_assigned() AND c.transaction_started_at = now()
    LIMIT 1
$$;

CREATE FUNCTION number_revision() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    number bigint;
BEGIN
    UPDATE revision_counter
    SET revision = revision + 1, transaction_id = NEW.transaction_id, transaction_started_at = now()
    RETURNING revision INTO number;
    INSERT INTO revisions (revision, change_set, actor, reason)
    VALUES (
        number,
        NEW.change_set,
        coalesce(nullif(current_setting('roster.actor', true), ''), 'sql:' || session_user),
        nullif(current_setting('roster.reason', true), '')
    );
    DELETE FROM pending_change_sets WHERE transaction_id = NEW.transaction_id;
    PERFORM pg_notify('roster_revision', number::text);
    RETURN NULL;
END
$$;

CREATE CONSTRAINT TRIGGER number_revision
    AFTER INSERT ON pending_change_sets
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION number_revision();

-- Statement triggers that record the changes of a table. A change is what moves row_revision: time stamps that only say
-- that something was looked at leave it alone, and so cost no history.
CREATE FUNCTION record_changes() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    existing bigint := open_change_set();
    current bigint := coalesce(existing, nextval('change_set_numbers'));
    count bigint;
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO change_rows (change_set, table_name, row_id, operation, cells)
        SELECT current, TG_TABLE_NAME, n.id, 'insert', changed_cells(NULL, to_jsonb(n)) FROM new_rows n;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO change_rows (change_set, table_name, row_id, operation, cells)
        SELECT current, TG_TABLE_NAME, o.id, 'delete', changed_cells(to_jsonb(o), NULL) FROM old_rows o;
    ELSIF TG_OP = 'TRUNCATE' THEN
        EXECUTE format(
            'INSERT INTO change_rows (change_set, table_name, row_id, operation, cells)
             SELECT $1, $2, o.id, ''delete'', changed_cells(to_jsonb(o), NULL) FROM %I.%I o',
            TG_TABLE_SCHEMA, TG_TABLE_NAME) USING current, TG_TABLE_NAME;
    ELSE
        -- A full join, because an update may have moved the id: then one row went and another came.
        INSERT INTO change_rows (change_set, table_name, row_id, operation, cells)
        SELECT
            current, TG_TABLE_NAME, coalesce(n.id, o.id),
            CASE WHEN o.id IS NULL THEN 'insert' WHEN n.id IS NULL THEN 'delete' ELSE 'update' END,
            changed_cells(to_jsonb(o), to_jsonb(n))
        FROM old_rows o FULL JOIN new_rows n ON o.id = n.id
        WHERE o.row_revision IS DISTINCT FROM n.row_revision;
    END IF;
    GET DIAGNOSTICS count = ROW_COUNT;
    IF count > 0 AND existing IS NULL THEN
        INSERT INTO pending_change_sets (change_set) VALUES (current);
    END IF;
    RETURN NULL;
END
$$;

-- {column: [old, new]} for the columns that differ; NULL stands for a row that is not there.
CREATE FUNCTION changed_cells(old_row jsonb, new_row jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(jsonb_object_agg(key, jsonb_build_array(o.value, n.value)), '{}')
    FROM jsonb_each(coalesce(old_row, '{}')) o FULL JOIN jsonb_each(coalesce(new_row, '{}')) n USING (key)
    WHERE coalesce(o.value, 'null') IS DISTINCT FROM coalesce(n.value, 'null')
    AND key <> 'updated_at'
$$;

-- Keeps row_revision and updated_at of a row that has no provenance of its own. What is named in the arguments of the
-- trigger may change without being a change of the registry.
CREATE FUNCTION keep_row_revision() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.row_revision := 1;
        RETURN NEW;
    END IF;
    NEW.row_revision := OLD.row_revision;
    NEW.updated_at := OLD.updated_at;
    IF to_jsonb(NEW) - coalesce(TG_ARGV, '{}') IS DISTINCT FROM to_jsonb(OLD) - coalesce(TG_ARGV, '{}') THEN
        NEW.row_revision := OLD.row_revision + 1;
        NEW.updated_at := now();
    END IF;
    RETURN NEW;
END
$$;

-- Puts the recording triggers on a table; its rows must have id and row_revision.
CREATE PROCEDURE record_changes_of(name regclass)
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    EXECUTE format('CREATE TRIGGER record_insert AFTER INSERT ON %s REFERENCING NEW TABLE AS new_rows
                    FOR EACH STATEMENT EXECUTE FUNCTION record_changes()', name);
    EXECUTE format('CREATE TRIGGER record_update AFTER UPDATE ON %s REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
                    FOR EACH STATEMENT EXECUTE FUNCTION record_changes()', name);
    EXECUTE format('CREATE TRIGGER record_delete AFTER DELETE ON %s REFERENCING OLD TABLE AS old_rows
                    FOR EACH STATEMENT EXECUTE FUNCTION record_changes()', name);
    EXECUTE format('CREATE TRIGGER record_truncate BEFORE TRUNCATE ON %s
                    FOR EACH STATEMENT EXECUTE FUNCTION record_changes()', name);
END
$$;
