public import Logging
public import Postgres

/// Brings a database to the schema that this program was written for.
///
/// Each step is one transaction, under a lock that only one migrator of a database holds; one that is killed leaves a
/// whole number of steps behind and is simply run again.
public struct Migrator: Sendable {
    /// How a database's schema stands to this program.
    public struct Status: Sendable, Hashable {
        /// The last step that was applied; 0 for an empty database.
        public let applied: Int32
        /// The last step that this program knows.
        public let known: Int32

        /// Whether `roster migrate` has something to do.
        public var isBehind: Bool { self.applied < self.known }
    }

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
        try await self.client.withConnection { connection in
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
            let outcome: Result<[Int32], any Error>
            do { outcome = .success(try await self.applyMissing(on: connection)) } catch { outcome = .failure(error) }
            _ = try await connection.query("SELECT pg_advisory_unlock(\(Self.lockNumber))")
            _ = try await connection.query("SELECT set_config('lock_timeout', '0', false)")
            return try outcome.get()
        }
    }

    /// Any number that no other program is likely to lock: the bytes of “roster”.
    private static let lockNumber: Int64 = 0x726F_7374_6572

    private func applyMissing(on connection: PostgresConnection) async throws -> [Int32] {
        try await connection.script(
            """
            CREATE TABLE IF NOT EXISTS schema_migrations (
                version integer PRIMARY KEY,
                name text NOT NULL,
                checksum text NOT NULL,
                applied_at timestamptz NOT NULL DEFAULT now()
            );
            COMMENT ON TABLE schema_migrations IS 'The steps of the schema that were applied.';
            COMMENT ON COLUMN schema_migrations.version IS 'The number of the step.';
            COMMENT ON COLUMN schema_migrations.name IS 'What it is called.';
            COMMENT ON COLUMN schema_migrations.checksum IS 'SHA-256 of its statements.';
            COMMENT ON COLUMN schema_migrations.applied_at IS 'When it was applied.';
            """
        )
        let applied = try await Self.status(on: connection).applied
        var versions: [Int32] = []
        for migration in Migration.all where migration.version > applied {
            do {
                try await connection.script("BEGIN;\n\(migration.sql)")
                _ = try await connection.query(
                    """
                    INSERT INTO schema_migrations (version, name, checksum)
                    VALUES (\(migration.version), \(migration.name), \(migration.checksum))
                    """
                )
                try await connection.script("COMMIT")
            } catch {
                try await connection.script("ROLLBACK")
                throw Failure(
                    description: "migration \(migration.version) (\(migration.name)) was not applied: \(error)"
                )
            }
            self.logger.info(
                "schema migrated",
                metadata: ["version": "\(migration.version)", "name": "\(migration.name)"]
            )
            versions.append(migration.version)
        }
        return versions
    }

    private static func status(on connection: PostgresConnection) async throws -> Status {
        let known = Int32(Migration.all.count)
        let exists = try await connection.query("SELECT to_regclass('public.schema_migrations') IS NOT NULL AS exists")
        guard let first = exists.first, try first.decode(Bool.self, "exists") else {
            return Status(applied: 0, known: known)
        }
        let rows = try await connection.query("SELECT version, checksum FROM schema_migrations ORDER BY version")
        var applied: Int32 = 0
        for row in rows {
            let version = try row.decode(Int32.self, "version")
            applied = max(applied, version)
            guard let migration = Migration.all.first(where: { $0.version == version }) else { continue }
            guard try row.decode(String.self, "checksum") == migration.checksum else {
                throw Failure(
                    description:
                        "migration \(version) (\(migration.name)) of this database differs from this program's; "
                        + "it was applied by a build that was never released: restore the database, or start a new one"
                )
            }
        }
        return Status(applied: applied, known: known)
    }

    private static func milliseconds(_ duration: Duration) -> String {
        "\(duration.components.seconds * 1_000 + duration.components.attoseconds / 1_000_000_000_000_000)ms"
    }
}
