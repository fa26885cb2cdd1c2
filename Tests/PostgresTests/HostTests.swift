import Foundation
import Postgres
import Secrets
import Testing

/// Several hosts, log-in and TLS, with real servers.
@Suite(.serialized) struct HostTests {
    private func port(_ client: PostgresClient) async throws -> Int32 {
        try await client.query("SELECT current_setting('port')::int AS port").only().decode(Int32.self, "port")
    }

    @Test func `the first host whose session is wanted is used`() async throws {
        try await PostgresServerProcess.withServer { primary in
            try await PostgresServerProcess.withStandby(of: primary) { standby in
                let ports = "1,\(standby.port),\(primary.port)"
                func url(_ target: String) -> Secret {
                    Secret(
                        "host=127.0.0.1,127.0.0.1,localhost port=\(ports) user=postgres target_session_attrs=\(target)"
                    )
                }
                for (target, expected) in [
                    ("any", standby), ("read-write", primary), ("primary", primary), ("read-only", standby),
                    ("standby", standby), ("prefer-standby", standby),
                ] {
                    let found = try await withClient(url(target)) { try await self.port($0) }
                    #expect(found == expected.port, "\(target)")
                }
                // A listener needs a primary, whatever else is wanted.
                try await withClient(url("any")) { client in
                    var iterator = client.notifications(on: ["x"]).makeAsyncIterator()
                    #expect(await iterator.next() == .listening)
                }
                let only = Secret(
                    "host=127.0.0.1 port=\(primary.port) user=postgres target_session_attrs=prefer-standby"
                )
                let found = try await withClient(only) { try await self.port($0) }
                #expect(found == primary.port)
                // The standby takes over while the client is at work.
                func patient(_ configuration: inout PostgresConfiguration) {
                    configuration.acquireTimeout = .seconds(20)
                    configuration.maximumBackoff = .milliseconds(200)
                }
                try await withClient(url("read-write"), patient) { client in
                    #expect(try await self.port(client) == primary.port)
                    try await primary.stop()
                    try await withClient(standby.url()) { admin in
                        _ = try await admin.query("SELECT pg_promote()")
                    }
                    #expect(try await self.port(client) == standby.port)
                }
            }
        }
    }

    @Test func `when no host can be used each one's reason is given`() async throws {
        try await PostgresServerProcess.withServer { silentServer in
            silentServer.pause()
            let hosts = "host=127.0.0.1,127.0.0.1,no-such-host.invalid port=1,\(silentServer.port),5432"
            func configure(_ configuration: inout PostgresConfiguration) {
                configuration.connectTimeout = .milliseconds(300)
                configuration.acquireTimeout = .seconds(2)
            }
            try await withClient(Secret(hosts + " user=postgres"), configure) { client in
                try await eventually("the first attempt has failed") { client.status.lastFailure != nil }
                let error = try await failure { try await client.query("SELECT 1") }
                #expect(error.code == .connectionLost)
                for part in [
                    "127.0.0.1:1:", "127.0.0.1:\(silentServer.port): no connection within", "no-such-host.invalid",
                ] {
                    #expect(error.message.contains(part), "\(error.message)")
                }
            }
            silentServer.resume()
        }
    }

    @Test func `a directory of sockets is a host too`() async throws {
        let server = try await PostgresServerProcess.sharedServer()
        try await withClient(server.socketString) { client in
            let row = try await client.query("SELECT inet_server_addr() IS NULL AS local").only()
            #expect(try row.decode(Bool.self, "local"))
        }
    }

    @Test func `passwords are checked and never shown`() async throws {
        try await PostgresServerProcess.withServer(hostRules: ["host all guarded 127.0.0.1/32 scram-sha-256"]) {
            server in
            try await withClient(server.url()) {
                try await $0.execute("CREATE ROLE guarded LOGIN PASSWORD 'correct horse'")
            }
            let address = "127.0.0.1:\(server.port)/postgres?sslmode=disable"
            try await withClient(Secret("postgresql://guarded:correct%20horse@\(address)")) { client in
                let rows = try await client.query("SELECT current_user")
                #expect(rows.count == 1)
            }
            try await withClient(
                Secret("postgresql://guarded:battery%20staple@\(address)"),
                { $0.acquireTimeout = .seconds(1) }
            ) {
                client in
                let error = try await failure { try await client.query("SELECT 1") }
                #expect(error.code == .serverRefused)
                #expect(error.message.contains("guarded"))
                #expect(!"\(error)".contains("staple"))
            }
        }
    }

    @Test func `TLS is used, and the server's name and certificate are checked`() async throws {
        func certify(_ server: PostgresServerProcess) async throws {
            let authority = server.directory.path + "/ca"
            let other = server.directory.path + "/other"
            for (name, subject) in [(authority, "/CN=Authority"), (other, "/CN=Another")] {
                try await PostgresServerProcess.run(
                    [
                        "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
                        subject,
                    ]
                        + ["-keyout", name + ".key", "-out", name + ".crt"]
                )
            }
            let key = server.data.path + "/server.key"
            let request = server.directory.path + "/server.csr"
            try await PostgresServerProcess.run(
                [
                    "openssl", "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-keyout", key, "-out",
                    request,
                ]
            )
            try await PostgresServerProcess.run(
                ["openssl", "x509", "-req", "-in", request, "-CA", authority + ".crt", "-CAkey", authority + ".key"]
                    + ["-CAcreateserial", "-days", "2", "-out", server.data.path + "/server.crt"]
            )
        }
        try await PostgresServerProcess.withServer(settings: ["ssl=on"], prepare: certify) { server in
            func url(_ host: String, _ mode: String, _ authority: String = "ca") -> Secret {
                let certificate = server.directory.path + "/\(authority).crt"
                return Secret(
                    "postgresql://postgres@\(host):\(server.port)/postgres?sslmode=\(mode)&sslrootcert=\(certificate)"
                )
            }
            func isEncrypted(_ client: PostgresClient) async throws -> Bool {
                try await client.query("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").only()
                    .decode(Bool.self, "ssl")
            }
            for (host, mode) in [
                ("127.0.0.1", "prefer"), ("127.0.0.1", "require"), ("127.0.0.1", "verify-ca"),
                ("localhost", "verify-full"),
            ] {
                let result = try await withClient(url(host, mode)) { try await isEncrypted($0) }
                #expect(result, "\(host) \(mode)")
            }
            #expect(try await !withClient(url("127.0.0.1", "disable")) { try await isEncrypted($0) })
            for wrong in [url("127.0.0.1", "verify-full"), url("localhost", "verify-ca", "other")] {
                try await withClient(wrong, { $0.acquireTimeout = .seconds(2) }) { client in
                    let error = try await failure { try await client.query("SELECT 1") }
                    #expect(error.code == .connectionLost)
                    #expect(error.message.contains("certificate"))
                }
            }
            // Everything that crosses many records: pipelining, COPY, large answers, notifications.
            try await withClient(url("localhost", "verify-full")) { client in
                try await withThrowingTaskGroup(of: Int.self) { group in
                    let text = String(repeating: "x", count: 5_000)
                    for number in 0..<500 {
                        group.addTask {
                            let row = try await client.query("SELECT \(number) AS n, \(text)::text AS t").only()
                            return try row.decode(String.self, "t") == text ? row.decode(Int.self, "n") : -1
                        }
                    }
                    let sum = try await group.reduce(0, +)
                    #expect(sum == 499 * 500 / 2)
                }
                try await client.withConnection { connection in
                    try await connection.script("CREATE TEMPORARY TABLE rows (n bigint, t text)")
                    let count = try await connection.copyIn(table: "rows", columns: ["n", "t"]) { writer in
                        for number in 0..<20_000 {
                            try await writer.write(row: [number, "a text that takes some room"])
                        }
                    }
                    #expect(count == 20_000)
                    let rows = try await connection.query("SELECT * FROM rows")
                    #expect(rows.count == 20_000)
                }
                var iterator = client.notifications(on: ["news"]).makeAsyncIterator()
                #expect(await iterator.next() == .listening)
                try await client.execute("SELECT pg_notify('news', 'read all about it')")
                guard case .notification("news", "read all about it", _)? = await iterator.next() else {
                    Issue.record("the notification did not come")
                    return
                }
            }
        }
    }
}
