import FoundationEssentials
import JSON
import Secrets
import Subprocess
import TestSupport
import Testing

/// `roster migrate` as a pipeline runs it, and replicas of a release that is being replaced.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct MigrateTests {
    private static func run(
        _ arguments: [String],
        _ folder: Folder,
        _ database: Secret
    ) async throws -> RosterProcess.Ending {
        try await RosterProcess.run(arguments, in: folder, environment: ["DATABASE_URL": database.exposed])
    }

    private static func check(_ folder: Folder, _ database: Secret) async throws -> (code: Int32, json: JSONValue) {
        let ending = try await self.run(["migrate", "--check", "--json"], folder, database)
        return (ending.code, try JSONValue(parsing: ending.output.utf8))
    }

    @Test("--check tells a pipeline what to do: migrate, go on, or use a newer release")
    func check() async throws {
        try await withDatabase { database in
            try await Folder.use { folder in
                let empty = try await Self.check(folder, database)
                #expect(empty.code == 1)
                #expect(empty.json["behind"]?.boolValue == true)
                #expect(empty.json["version"] == 0)
                #expect(empty.json["why"]?.stringValue?.contains("run roster migrate") == true)
                // Nothing was changed by asking.
                #expect(try await execute("SELECT to_regclass('schema_migrations') IS NULL", on: database) == ["t"])

                #expect(try await Self.run(["migrate"], folder, database).code == 0)
                let current = try await Self.check(folder, database)
                #expect(current.code == 0)
                #expect(current.json["behind"]?.boolValue == false)
                #expect(current.json["version"] == current.json["known"])

                try await execute(
                    "INSERT INTO schema_migrations (version, name, checksum) VALUES (900, 'later', 'x')",
                    on: database
                )
                let ahead = try await Self.check(folder, database)
                #expect(ahead.code == 0)
                #expect(ahead.json["ahead"]?.boolValue == true)
                #expect(ahead.json["servable"]?.boolValue == true)
                #expect(try await Self.run(["migrate"], folder, database).output.contains("works with it"))

                try await execute("UPDATE schema_migrations SET oldest_release_step = 900", on: database)
                let outgrown = try await Self.check(folder, database)
                #expect(outgrown.code == 1)
                #expect(outgrown.json["servable"]?.boolValue == false)
                for refused in [["migrate"], ["keys", "list"], ["serve", "--port", "0"]] {
                    let ending = try await Self.run(refused, folder, database)
                    #expect(ending.code == 1, "\(refused)")
                    #expect(ending.errors.contains("use a newer release"), "\(ending.errors)")
                }
            }
        }
    }

    @Test("Several at once: each succeeds, and each step is applied once")
    func atOnce() async throws {
        try await withDatabase { database in
            try await Folder.use { folder in
                let endings = try await withThrowingTaskGroup(of: RosterProcess.Ending.self) { group in
                    for _ in 0..<2 { group.addTask { try await Self.run(["migrate", "--json"], folder, database) } }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(endings.allSatisfy { $0.code == 0 }, "\(endings.map(\.errors))")
                let applied = try endings.flatMap {
                    try JSONValue(parsing: $0.output.utf8)["applied"]?.arrayValue ?? []
                }
                #expect(
                    try await execute("SELECT count(*) FROM schema_migrations", on: database) == ["\(applied.count)"]
                )
            }
        }
    }

    @Test("One that is killed by SIGKILL half-way leaves whole steps, and is simply run again")
    func killed() async throws {
        try await withDatabase { database in
            try await Folder.use { folder in
                // Another session is making a table of the name of one that the second step makes: the step waits for it.
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        await #expect(throws: StatementError.self) {
                            try await execute(
                                "BEGIN; CREATE TABLE models (id bigint); SELECT pg_sleep(120)",
                                on: database
                            )
                        }
                    }
                    try await eventually("the table is being made") {
                        try await execute(
                            Self.sessions("query LIKE '%pg_sleep%' AND wait_event = 'PgSleep'"),
                            on: database
                        )
                            == ["1"]
                    }
                    let ending = try await RosterProcess.running(
                        ["migrate"],
                        in: folder,
                        environment: ["DATABASE_URL": database.exposed]
                    ) { process in
                        try await eventually(within: .seconds(60), "the second step waits") {
                            try await execute(Self.sessions("wait_event_type = 'Lock'"), on: database) == ["1"]
                        }
                        try process.send(.kill)
                    }
                    #expect(ending.code == 128 + 9)
                    try await execute(
                        """
                        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                        WHERE datname = current_database() AND wait_event = 'PgSleep'
                        """,
                        on: database
                    )
                    try await group.waitForAll()
                }
                try await eventually(within: .seconds(30), "the killed one's session is gone") {
                    try await execute(Self.sessions("true"), on: database) == ["0"]
                }
                #expect(
                    try await execute(
                        "SELECT max(version), to_regclass('providers') IS NULL FROM schema_migrations",
                        on: database
                    )
                        == ["1|t"]
                )
                #expect(try await Self.check(folder, database).code == 1)
                let again = try await Self.run(["migrate", "--json"], folder, database)
                #expect(again.code == 0, "\(again.errors)")
                #expect(try JSONValue(parsing: again.output.utf8)["applied"]?.arrayValue?.first == 2)
                #expect(try await Self.check(folder, database).code == 0)
            }
        }
    }

    private static func sessions(_ condition: String) -> String {
        """
        SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND \(condition)
        """
    }

    @Test("A database that is away is named in one sentence")
    func away() async throws {
        try await Folder.use { folder in
            for arguments in [["migrate"], ["migrate", "--check"]] {
                let ending = try await RosterProcess.run(
                    arguments,
                    in: folder,
                    environment: ["DATABASE_URL": "postgresql://someone:MARKED@127.0.0.1:1/roster"]
                )
                #expect(ending.code == 1)
                #expect(ending.errors.contains("127.0.0.1"), "\(ending.errors)")
                #expect(!ending.errors.contains("MARKED"))
                #expect(ending.errors.split(separator: "\n").count == 1, "\(ending.errors)")
            }
        }
    }

    @Test("A replica serves on when a newer release migrates, and is not ready once a step has ended its release")
    func outgrown() async throws {
        try await withDatabase { database in
            try await Folder.use { folder in
                #expect(try await Self.run(["migrate"], folder, database).code == 0)
                try await execute(
                    "INSERT INTO schema_migrations (version, name, checksum) VALUES (900, 'later', 'x')",
                    on: database
                )
                let ending = try await RosterProcess.running(
                    ["serve", "--port", "0"],
                    in: folder,
                    environment: ["DATABASE_URL": database.exposed, "ROSTER_POLL_INTERVAL": "50ms"]
                ) { process in
                    let url = try await ServeTests.url(process)
                    func readiness() async throws -> JSONValue {
                        try JSONValue(parsing: try await shell("curl -s \(url)/readyz").output.utf8)
                    }
                    try await eventually("it is ready") { try await readiness()["ready"]?.boolValue == true }
                    #expect(process.transcript.errors.contains("a newer release has migrated the database"))
                    try await execute("UPDATE schema_migrations SET oldest_release_step = 900", on: database)
                    try await eventually("it is not") { try await readiness()["mode"]?.stringValue == "outgrown" }
                    #expect(try await readiness()["ready"]?.boolValue == false)
                    #expect(try await readiness()["why"]?.stringValue?.contains("Replace this replica") == true)
                    // What it knows it serves, until it is replaced.
                    #expect(
                        try await shell("curl -s -o /dev/null -w '%{http_code}' \(url)/v1/models").output == "200"
                    )
                    try process.send(.terminate)
                }
                #expect(ending.code == 0, "\(ending.errors)")
            }
        }
    }
}
