import FoundationEssentials
import HTTP
import HTTPTypes
import JSON
import LocalCluster
import Logging
import Postgres
import Registry
import TestSupport
import Testing

@testable import Administration

@Suite struct RegistryEndpointTests {
    @Test func theGuidesRequestsWork() async throws {
        try await AdministrationFixture.with { roster in
            let empty = try await roster.send(.get, "/v1/registry/status")
            #expect(empty.json["status"]?.stringValue == "empty")
            #expect(empty.json["last_refresh"]?.isNull == true)

            #expect(try await roster.send(.post, "/v1/registry/refresh").status == 401)
            let done = try await roster.admin(.post, "/v1/registry/refresh")
            #expect(done.status == 200, "\(done.text)")
            #expect(done.json["in_force"]?.boolValue == true)
            #expect(done.json["details"]["providers"]?.arrayValue?.isEmpty == false)

            let status = try await roster.send(.get, "/v1/registry/status")
            #expect(status.status == 200)
            #expect(status.json["status"]?.stringValue == "ok", "\(status.text)")
            #expect(status.json["revision"] == done.json["revision"])
            let last = try #require(status.json["last_refresh"]?.stringValue)
            #expect(abs(try Date(last, strategy: .iso8601).timeIntervalSinceNow) < 60)
            let hardware = try #require(status.json["hardware"]?.objectValue)
            #expect(hardware.keys == ["platform", "arch", "cpu", "cores", "memory_bytes", "gpus"])
            #expect(hardware["cores"]?.int64Value ?? 0 >= 1)
            #expect(hardware["memory_bytes"]?.int64Value ?? 0 > 1 << 28)
        }
    }

    @Test func anEditInAnyToolIsServed() async throws {
        try await AdministrationFixture.with { roster in
            _ = try await roster.admin(.post, "/admin/model-sync/provider/openrouter")
            let before = try await roster.send(.get, "/v1/models")
            let first = try #require(before.json["data"]?[0]?["api_name"]?.stringValue)
            let tag = try #require(before.headers[.eTag])
            try await execute(
                "UPDATE models SET is_active = false WHERE provider_model_id = '\(first)'",
                on: roster.database
            )
            try await eventually("the model is gone") {
                try await roster.send(.get, "/v1/models/openrouter/\(first)").status == 404
            }
            #expect(try await roster.send(.get, "/v1/models").headers[.eTag] != tag)
            try await execute("UPDATE models SET is_active = true WHERE provider_id = 1", on: roster.database)
            try await eventually("the model is back") {
                try await roster.send(.get, "/v1/models/openrouter/\(first)").status == 200
            }
        }
    }

    @Test func theListTellsWhatTheRegistryKnowsExactly() async throws {
        try await AdministrationFixture.with { roster in
            _ = try await roster.admin(.post, "/admin/model-sync/provider/openrouter")
            try await execute(
                """
                UPDATE models SET pricing_prompt = 0.000000123456789012, pricing_completion = 0, pricing_image = NULL,
                    is_recommended = true, deprecation_date = '2027-01-31' WHERE id = 1;
                INSERT INTO routes (name) VALUES ('default'), ('nowhere');
                INSERT INTO route_members (route_id, position, model)
                    SELECT r.id, 1, m.provider_model_id FROM routes r, models m WHERE r.name = 'default' AND m.id = 1
                """,
                on: roster.database
            )
            try await eventually("the route is served") {
                try await roster.send(.get, "/v1/models/default").status == 200
            }
            let list = try await roster.send(.get, "/v1/models")
            #expect(list.json["object"]?.stringValue == "list")
            let rows = try #require(list.json["data"]?.arrayValue)
            #expect(rows.first?["id"]?.stringValue == "default")
            #expect(rows.first?["owned_by"]?.stringValue == "roster")
            #expect(!rows.contains { $0["id"]?.stringValue == "nowhere" })
            let row = try #require(rows.first { $0["is_recommended"]?.boolValue == true })
            #expect(row["object"]?.stringValue == "model")
            #expect(row["owned_by"]?.stringValue == "openrouter")
            #expect(row["created"]?.int64Value ?? 0 > 1_700_000_000)
            #expect(row["pricing"]["prompt"]?.stringValue == "0.000000123456789012")
            #expect(row["pricing"]["completion"]?.stringValue == "0")
            #expect(row["pricing"]["image"]?.isNull == true)
            #expect(row["deprecation_date"]?.stringValue == "2027-01-31")

            var cached = HTTPFields()
            cached[.ifNoneMatch] = "\"other\", W/\(try #require(list.headers[.eTag]))"
            let unchanged = try await roster.send(.get, "/v1/models", headers: cached)
            #expect(unchanged.status == 304)
            #expect(unchanged.text.isEmpty)
            #expect(unchanged.headers[.eTag] == list.headers[.eTag])

            let id = try #require(row["id"]?.stringValue)
            let apiName = try #require(row["api_name"]?.stringValue)
            let escaped = id.utf8.map { "%" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            for name in [id, apiName, escaped] {
                let model = try await roster.send(.get, "/v1/models/\(name)")
                #expect(model.json == row, "\(name)")
            }
            let unknown = try await roster.send(.get, "/v1/models/no/such/model")
            #expect(unknown.status == 404)
            #expect(unknown.code == "model_not_found")
            #expect(try await roster.send(.get, "/v1/models/%zz").status == 400)
            #expect(try await roster.send(.get, "/v1/models", key: "wrong").status == 401)
        }
    }

    @Test func readsGoOnAndEditsAreRefusedWithoutTheDatabase() async throws {
        try await withPostgres { server in
            let quiet = AdministrationFixture.quiet
            let client = try PostgresClient(configuration: PostgresConfiguration(url: server.url), logger: quiet)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await client.run() }
                _ = try await Migrator(client: client, logger: quiet).migrate()
                group.cancelAll()
            }
            try await AdministrationFixture.with(database: server.url, acquireTimeout: .milliseconds(500)) { roster in
                _ = try await roster.admin(.post, "/admin/model-sync/provider/openrouter")
                let ready = try await roster.send(.get, "/readyz")
                #expect(ready.json["mode"]?.stringValue == "normal")
                #expect(ready.json["ready"]?.boolValue == true)
                try await server.kill()
                try await eventually("the replica notices") {
                    try await roster.send(.get, "/readyz").json["mode"]?.stringValue == "degraded: PostgreSQL is away"
                }
                #expect(try await roster.send(.get, "/readyz").status == 200)
                #expect(try await roster.send(.get, "/healthz").status == 200)
                let status = try await roster.send(.get, "/v1/registry/status")
                #expect(status.json["status"]?.stringValue == "stale")
                #expect(status.json["reason"]?.stringValue?.isEmpty == false)
                #expect(try await roster.send(.get, "/v1/models").status == 200)
                for (method, path) in [
                    (HTTPRequest.Method.post, "/api/v1/apikeys"), (.delete, "/api/v1/apikeys/1"),
                    (.get, "/api/v1/apikeys"),
                    (.post, "/v1/registry/refresh"), (.post, "/admin/model-sync/provider/openai"),
                    (.get, "/admin/model-sync/status"), (.get, "/api/v1/registry/models"),
                    (.get, "/api/v1/registry/models/1"), (.get, "/api/v1/registry/changes"),
                    (.get, "/api/v1/registry/revisions/1"), (.get, "/api/v1/registry/models/1/history"),
                    (.post, "/api/v1/registry/routes"), (.post, "/api/v1/registry/models/1/restore"),
                    (.post, "/api/v1/registry/revert"),
                ] {
                    let body = path.hasSuffix("revert") ? #"{"revision": 1}"# : "{}"
                    let answer = try await roster.admin(method, path, method == .post ? body : nil)
                    #expect(answer.status == 503, "\(method) \(path): \(answer.text)")
                    #expect(answer.code == "registry_unavailable")
                    #expect(answer.headers[.retryAfter] != nil)
                }
            }
        }
    }

    @Test func hardwareIsReadFromWhatTheKernelSays() throws {
        let root = FileManager.default.temporaryDirectory.path + "/hardware-\(UUID().uuidString)"
        func write(_ path: String, _ text: String) throws {
            let whole = "\(root)/\(path)"
            let folder = whole[..<(whole.lastIndex(of: "/") ?? whole.endIndex)]
            try FileManager.default.createDirectory(atPath: String(folder), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: URL(filePath: whole))
        }
        try write(
            "proc/cpuinfo",
            "processor\t: 0\nmodel name\t: Fast CPU @ 3 GHz\n\nprocessor\t: 1\nmodel name\t: Fast\n"
        )
        try write("proc/meminfo", "MemTotal:       32505856 kB\nMemFree: 1 kB\n")
        try write("proc/driver/nvidia/gpus/0000:01:00.0/information", "Model: \t\t NVIDIA L4\nIRQ: 5\n")
        try write("sys/class/drm/card0/device/mem_info_vram_total", "17163091968\n")
        try write("sys/class/drm/card0-HDMI/device/mem_info_vram_total", "1\n")
        try write("sys/class/drm/card1/device/vendor", "0x8086\n")
        defer { try? FileManager.default.removeItem(atPath: root) }
        let hardware = Hardware(root: root)
        #expect(hardware.cpu == "Fast CPU @ 3 GHz")
        #expect(hardware.cores == 2)
        #expect(hardware.memoryBytes == Int64(33_285_996_544))
        #expect(
            hardware.gpus == [
                Hardware.GPU(name: "NVIDIA L4", memoryBytes: nil),
                Hardware.GPU(name: "AMD GPU (card0)", memoryBytes: 17_163_091_968),
            ]
        )
        let nothing = Hardware(root: root + "/nowhere")
        #expect(nothing.gpus.isEmpty && nothing.cpu == nil && nothing.memoryBytes == nil && nothing.cores == 1)
    }
}
