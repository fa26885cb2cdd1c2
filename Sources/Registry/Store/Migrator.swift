public import Logging
public import Postgres

/// Brings a database to the schema that this program was written for.
///
/// Each step is one transaction, under a lock that only one migrator of a database holds; one that is killed leaves a
/// whole number of steps behind and is simply run again.
public struct Migrator: Sendable {
    /// Why a database cannot be migrated or used.
    public struct Failure: Error, CustomStringConvertible {
        /// What is wrong and what to do.
        public let description: String
    }

    private let client: PostgresClient
    private let logger: Logger

    /// - Parameters:
    ///   - client: A running client whose login owns the schema.
    ///   - logger: Told of each step.
    public init(client: PostgresClient, logger: Logger) {
        self.client = client
        self.logger = logger
    }

    /// Reads how far the database is; changes nothing.
    ///
    /// - Returns: How its schema stands to this program.
    /// - Throws: `PostgresError`, or ``Failure`` if a step that was applied is not the one this program knows.
    public func status() async throws -> Status {
        try await self.client.withConnection { connection in
            try await Self.status(on: connection)
        }
    }

    /// Applies what is missing.
    ///
    /// - Parameter lockTimeout: How long to wait for another migrator of this database.
    /// - Returns: The versions that were applied, in order; empty if there was nothing to do.
    /// - Throws: `PostgresError` with the failing step's number, or ``Failure``.
    public func migrate(lockTimeout: Duration = .seconds(60)) async throws -> [Int32] {
        try await self.migrate(through: Migration.known, lockTimeout: lockTimeout)
    }

    /// The same up to a step: how a database of an earlier release comes about.
    func migrate(through last: Int32, lockTimeout: Duration = .seconds(60)) async throws -> [Int32] {
        // A step may have an index to build, and the wait for the lock has a limit of its own.
        try await self.client.withConnection(statementTimeout: Self.longestStatement) { connection in
            _ = try await connection.query(
                "SELECT set_config('lock_timeout', \(Self.milliseconds(lockTimeout)), false)"
            )
            do {
                _ = try await connection.query("SELECT pg_advisory_lock(\(Self.lockNumber))")
            } catch let error as PostgresError where error.sqlState == "55P03" {
                throw Failure(
                    description: "another migration of this database has held the lock for \(lockTimeout); "
                        + "wait for it, or end it, and run roster migrate again"
                )
            }
            // The end of the lease discards the session, and with it the lock and the time-out.
            return try await self.applyMissing(on: connection, through: last)
        }
    }

    private static let longestStatement: Duration = .seconds(4 * 3600)

    /// Any number that no other program is likely to lock: the bytes of “roster”.
    private static let lockNumber: Int64 = 0x726F_7374_6572

    private func applyMissing(on connection: PostgresConnection, through last: Int32) async throws -> [Int32] {
        let status = try await Self.status(on: connection)
        if let refusal = status.refusal, !status.isBehind { throw Failure(description: refusal) }
        guard status.isBehind else { return [] }
        try await connection.script(
            """
            CREATE TABLE IF NOT EXISTS schema_migrations (
                version integer PRIMARY KEY,
                name text NOT NULL,
                checksum text NOT NULL,
                applied_at timestamptz NOT NULL DEFAULT now()
            );
            ALTER TABLE schema_migrations ADD COLUMN IF NOT EXISTS oldest_release_step integer NOT NULL DEFAULT 0;
            COMMENT ON TABLE schema_migrations IS 'The steps of the schema that were applied.';
            COMMENT ON COLUMN schema_migrations.version IS 'The number of the step.';
            COMMENT ON COLUMN schema_migrations.name IS 'What it is called.';
            COMMENT ON COLUMN schema_migrations.checksum IS 'SHA-256 of its statements.';
            COMMENT ON COLUMN schema_migrations.applied_at IS 'When it was applied.';
            COMMENT ON COLUMN schema_migrations.oldest_release_step IS
                'A release that knows fewer steps than this does not work any more since this one; 0 if every one does.';
            """
        )
        var versions: [Int32] = []
        for migration in Migration.all where migration.version > status.applied && migration.version <= last {
            do {
                try await Self.apply(migration, on: connection)
            } catch {
                throw await Self.failure(of: migration, error, on: connection)
            }
            self.logger.info(
                "schema migrated",
                metadata: ["version": "\(migration.version)", "name": "\(migration.name)"]
            )
            versions.append(migration.version)
        }
        return versions
    }

    private static func apply(_ migration: Migration, on connection: PostgresConnection) async throws(PostgresError) {
        try await connection.script("BEGIN;\n\(migration.sql)")
        _ = try await connection.query(
            """
            INSERT INTO schema_migrations (version, name, checksum, oldest_release_step)
            VALUES (\(migration.version), \(migration.name), \(migration.checksum), \(migration.oldestRelease))
            """
        )
        try await connection.script("COMMIT")
    }

    private static func failure(
        of migration: Migration,
        _ error: PostgresError,
        on connection: PostgresConnection
    ) async -> Failure {
        let step = "migration \(migration.version) (\(migration.name))"
        do {
            try await connection.script("ROLLBACK")
        } catch {
            return Failure(
                description: "the connection was lost during \(step), which was applied whole or not at all: "
                    + "run roster migrate again (\(error))"
            )
        }
        guard error.sqlState == "55P03" else { return Failure(description: "\(step) was not applied: \(error)") }
        return Failure(
            description:
                "\(step) was not applied: a transaction that stays open has kept a table from being changed for "
                + "longer than roster migrate waits; end it (it is in pg_stat_activity) and run roster migrate again"
        )
    }

    private static func status(on connection: PostgresConnection) async throws -> Status {
        let exists = try await connection.query("SELECT to_regclass('public.schema_migrations') IS NOT NULL AS exists")
        guard let first = exists.first, try first.decode(Bool.self, "exists") else {
            return Status(applied: 0, known: Migration.known, oldestRelease: 0)
        }
        // The column is younger than the table.
        let rows = try await connection.query(
            """
            SELECT version, checksum, coalesce((to_jsonb(m)->>'oldest_release_step')::integer, 0) AS oldest_release_step
            FROM schema_migrations m ORDER BY version
            """
        )
        var applied: Int32 = 0
        var oldestRelease: Int32 = 0
        for row in rows {
            let version = try row.decode(Int32.self, "version")
            applied = max(applied, version)
            oldestRelease = max(oldestRelease, try row.decode(Int32.self, "oldest_release_step"))
            guard let migration = Migration.all.first(where: { $0.version == version }) else { continue }
            guard try row.decode(String.self, "checksum") == migration.checksum else {
                throw Failure(
                    description:
                        "migration \(version) (\(migration.name)) of this database differs from this program's; "
                        + "it was applied by a build that was never released: restore the database, or start a new one"
                )
            }
        }
        return Status(applied: applied, known: Migration.known, oldestRelease: oldestRelease)
    }

    private static func milliseconds(_ duration: Duration) -> String {
        "\(duration.components.seconds * 1_000 + duration.components.attoseconds / 1_000_000_000_000_000)ms"
    }
}
