import FoundationEssentials
import JSON
import LocalCluster
import RosterServer
import Secrets
import Subprocess
import TestSupport
import Testing

/// `roster serve` and `roster migrate` as a rollout uses them.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct ServeTests {
    @Test("A schema that is behind is said by exit codes, refused by replicas, and mended by migrate")
    func migration() async throws {
        try await withDatabase { database in
            try await Folder.use { folder in
                let environment = ["DATABASE_URL": database.exposed]
                func run(_ arguments: String...) async throws -> RosterProcess.Ending {
                    try await RosterProcess.run(arguments, in: folder, environment: environment)
                }
                let behind = try await run("migrate", "--check")
                #expect(behind.code == 1)
                #expect(behind.output.contains("Run roster migrate"))
                for refused in [try await run("serve", "--port", "0"), try await run("keys", "list")] {
                    #expect(refused.code == 1)
                    #expect(refused.errors.contains("run roster migrate"), "\(refused.errors)")
                }
                let migrated = try await run("migrate", "--json")
                #expect(migrated.code == 0)
                let applied = try JSONValue(parsing: migrated.output.utf8)["applied"]?.arrayValue?.count ?? 0
                #expect(applied >= 5)
                #expect(try await run("migrate").output.contains("was up to date"))
                #expect(try await run("migrate", "--check").code == 0)
            }
        }
    }

    @Test("The key of the environment works, under its old name too")
    func importedKey() async throws {
        try await withDatabase { database in
            try await Folder.use { folder in
                var environment = ["DATABASE_URL": database.exposed, "IIR_API_KEY": "imported-key"]
                environment["ROSTER_TRUSTED_NETWORKS"] = "none"
                _ = try await RosterProcess.run(["migrate"], in: folder, environment: environment)
                for _ in 1...2 {
                    let ending = try await RosterProcess.running(
                        ["serve", "--port", "0"],
                        in: folder,
                        environment: environment
                    ) { process in
                        let url = try await Self.url(process)
                        let models = "curl -s -o /dev/null -w '%{http_code}' \(url)/v1/models"
                        #expect(try await shell(models).output == "401")
                        #expect(try await shell("\(models) -H 'Authorization: Bearer imported-key'").output == "200")
                        try process.send(.terminate)
                    }
                    #expect(ending.code == 0, "\(ending.errors)")
                    #expect(!ending.errors.contains("imported-key"))
                    for line in ending.errors.split(separator: "\n") {
                        #expect(throws: Never.self) { try JSONValue(parsing: line.utf8) }
                    }
                }
                let keys = try await RosterProcess.run(
                    ["keys", "list", "--json"],
                    in: folder,
                    environment: environment
                )
                #expect(try JSONValue(parsing: keys.output.utf8).arrayValue?.count == 1)
            }
        }
    }

    @Test("Without its database a replica listens and is not ready; with it, it becomes ready by itself")
    func databaseAway() async throws {
        try await withPostgres { server in
            try await Folder.use { folder in
                let environment = ["DATABASE_URL": server.url.exposed]
                _ = try await RosterProcess.run(["migrate"], in: folder, environment: environment)
                await server.stop()
                let ending = try await RosterProcess.running(
                    ["serve", "--port", "0", "--poll-interval", "100ms"],
                    in: folder,
                    environment: environment
                ) { process in
                    let url = try await Self.url(process)
                    #expect(try await shell("curl -sf \(url)/healthz").code == 0)
                    #expect(try await shell("curl -s -o /dev/null -w '%{http_code}' \(url)/readyz").output == "503")
                    try await server.start()
                    try await eventually(within: .seconds(30), "the replica is ready") {
                        try await shell("curl -sf \(url)/readyz").code == 0
                    }
                    try process.send(.terminate)
                }
                #expect(ending.code == 0, "\(ending.errors)")
            }
        }
    }

    @Test("A port that is taken ends it with one sentence")
    func takenPort() async throws {
        try await withDatabase { database in
            try await Folder.use { folder in
                let environment = ["DATABASE_URL": database.exposed, "ROSTER_LOG_LEVEL": "critical"]
                _ = try await RosterProcess.run(["migrate"], in: folder, environment: environment)
                _ = try await RosterProcess.running(["serve", "--port", "0"], in: folder, environment: environment) {
                    process in
                    let port = try #require(try await Self.url(process).split(separator: ":").last.map(String.init))
                    let second = try await RosterProcess.run(
                        ["serve", "--port", port],
                        in: folder,
                        environment: environment
                    )
                    #expect(second.code == 1)
                    #expect(second.errors.split(separator: "\n").count == 1, "\(second.errors)")
                    #expect(second.errors.contains("ort \(port)") && second.errors.contains("\(process.processID)"))
                    try process.send(.terminate)
                }
            }
        }
    }

    @Test("After SIGTERM it says that it is not ready, then takes nothing new")
    func draining() async throws {
        try await withDatabase { database in
            try await Folder.use { folder in
                let environment = ["DATABASE_URL": database.exposed]
                _ = try await RosterProcess.run(["migrate"], in: folder, environment: environment)
                let ending = try await RosterProcess.running(
                    ["serve", "--port", "0", "--drain-delay", "3s"],
                    in: folder,
                    environment: environment
                ) { process in
                    let url = try await Self.url(process)
                    try process.send(.terminate)
                    try await eventually("the replica says that it stops") {
                        try await shell("curl -s \(url)/readyz").output.contains("\"stopping\"")
                    }
                    try await eventually("the replica takes nothing new") {
                        try await shell("curl -s \(url)/healthz").code == 7
                    }
                }
                #expect(ending.code == 0, "\(ending.errors)")
            }
        }
    }

    static func url(_ process: RosterProcess) async throws -> String {
        String(try await process.line(with: "Listening on ").dropFirst("Listening on ".count))
    }
}
