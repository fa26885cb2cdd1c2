import Foundation
import Redis
import Testing

/// TLS against a real server, with certificates made for the test.
@Suite struct TLSTests {
    /// An authority, a server's certificate for localhost and a client's.
    private struct Certificates {
        let folder: URL

        init() throws {
            self.folder = FileManager.default.temporaryDirectory.appendingPathComponent(
                "redis-tls-\(UUID().uuidString.prefix(8))"
            )
            try FileManager.default.createDirectory(at: self.folder, withIntermediateDirectories: true)
            let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
            try self.openssl(
                ["req", "-x509", "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=test authority"] + key
            )
            for (name, extension_) in [
                ("server", "subjectAltName=DNS:localhost"), ("client", "extendedKeyUsage=clientAuth"),
            ] {
                try self.openssl(
                    ["req", "-x509", "-keyout", "\(name).key", "-out", "\(name).pem", "-subj", "/CN=\(name)"]
                        + ["-addext", extension_, "-addext", "basicConstraints=critical,CA:FALSE"]
                        + ["-CA", "ca.pem", "-CAkey", "ca.key"] + key
                )
            }
        }

        func path(_ name: String) -> String { self.folder.appendingPathComponent(name).path }

        private func openssl(_ arguments: [String]) throws {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = ["openssl"] + arguments
            process.currentDirectoryURL = self.folder
            process.standardError = FileHandle.nullDevice
            try process.run()
            process.waitUntilExit()
            try #require(process.terminationStatus == 0)
        }
    }

    private func withServer(_ body: (Certificates, RedisConfiguration) async throws -> Void) async throws {
        let certificates = try Certificates()
        let port = try RedisServerProcess.freePort()
        let server = try RedisServerProcess([
            "--tls-port", "\(port)", "--tls-cert-file", certificates.path("server.pem"),
            "--tls-key-file", certificates.path("server.key"), "--tls-ca-cert-file", certificates.path("ca.pem"),
            "--tls-auth-clients", "yes",
        ])
        try await server.start()
        var configuration = RedisConfiguration(location: .server(.host("localhost", port: port)))
        configuration.tls = .init(
            trustRootsFile: certificates.path("ca.pem"),
            certificateFile: certificates.path("client.pem"),
            privateKeyFile: certificates.path("client.key")
        )
        configuration.connectTimeout = .seconds(10)
        configuration.commandTimeout = .seconds(10)
        do {
            try await body(certificates, configuration)
        } catch {
            try FileManager.default.removeItem(at: certificates.folder)
            throw error
        }
        try FileManager.default.removeItem(at: certificates.folder)
    }

    @Test("Commands, large values and subscriptions are encrypted both ways")
    func works() async throws {
        try await self.withServer { _, configuration in
            try await withClient(configuration) { (client) async throws in
                let large = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
                _ = try await client.set("k", to: large)
                #expect(try await client.get("k") == large)
                var events = client.subscribe(to: ["a"]).makeAsyncIterator()
                #expect(await events.next() == .resubscribed)
                _ = try await client.publish([1], to: "a")
                #expect(await events.next() == .message(channel: "a", payload: [1]))
            }
        }
    }

    @Test("A certificate that is not trusted, for another name, or missing is refused")
    func verification() async throws {
        try await self.withServer { certificates, configuration in
            var untrusted = configuration
            untrusted.tls?.trustRootsFile = nil
            try await self.expectRefusal(untrusted, "CERTIFICATE_VERIFY_FAILED")
            untrusted.tls?.verification = .none
            try await self.expectSuccess(untrusted)

            var misnamed = configuration
            guard case .server(.host(_, let port)) = configuration.location else { return }
            misnamed.location = .server(.host("127.0.0.1", port: port))
            try await self.expectRefusal(misnamed, "127.0.0.1")
            misnamed.tls?.verification = .chainOnly
            try await self.expectSuccess(misnamed)

            var anonymous = configuration
            anonymous.tls?.certificateFile = nil
            anonymous.tls?.privateKeyFile = nil
            try await self.expectRefusal(anonymous, "Redis at")

            var absent = configuration
            absent.tls?.trustRootsFile = certificates.path("absent.pem")
            let error = await #expect(throws: RedisError.self) { try await withClient(absent) { _ in } }
            #expect(error?.code == .configuration)
            #expect(error?.message.contains("absent.pem") == true)
        }
    }

    private func expectSuccess(_ configuration: RedisConfiguration) async throws {
        try await withClient(configuration) { (client) async throws in
            let value = try await client.get("k")
            #expect(value == nil)
        }
    }

    private func expectRefusal(_ configuration: RedisConfiguration, _ words: String) async throws {
        try await withClient(configuration) { (client) async throws in
            let error = await failure { () throws(RedisError) in try await client.get("k") }
            #expect(error?.code == .unreachable)
            #expect(error?.message.contains(words) == true, "\(String(describing: error))")
        }
    }
}
