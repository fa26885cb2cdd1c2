import Secrets
import Testing

@testable import Postgres

@Suite struct ConfigurationTests {
    private func hosts(_ url: String) throws -> [PostgresHost] {
        try PostgresConfiguration(url: Secret(url)).hosts
    }

    @Test func `URIs and keywords say the same`() throws {
        let expected = [
            PostgresHost(name: "h1", address: nil, port: "5432"), PostgresHost(name: "h2", address: nil, port: "5433"),
        ]
        #expect(try self.hosts("postgresql://user:pw@h1:5432,h2:5433/db?target_session_attrs=read-write") == expected)
        #expect(try self.hosts("host=h1,h2 port=5432,5433 user=user password='p w' dbname=db") == expected)
        #expect(try self.hosts("postgres://h1,h2/db").map(\.port) == [nil, nil])
        #expect(try self.hosts("host=h1,h2 port=1000").map(\.port) == ["1000", "1000"])
        #expect(try self.hosts("host=h1 hostaddr=::1") == [PostgresHost(name: "h1", address: "::1", port: nil)])
        #expect(try self.hosts("host=/run/postgresql").map(\.isSocketDirectory) == [true])
        #expect(try self.hosts("postgresql:///db?host=/run/postgresql").map(\.isSocketDirectory) == [true])
        #expect(try self.hosts("postgresql://[::1]:5433/db") == [PostgresHost(name: "::1", address: nil, port: "5433")])

        let configuration = try PostgresConfiguration(
            url: Secret(
                "postgresql://u:p%40w@h/db?target_session_attrs=prefer-standby&connect_timeout=7&sslmode=require"
            )
        )
        #expect(configuration.targetSession == .preferStandby)
        #expect(configuration.connectTimeout == .seconds(7))
        #expect(configuration.keywords["password"]?.exposed == "p@w")
        #expect(configuration.keywords["sslmode"]?.exposed == "require")
        #expect(configuration.endpoint == "h/db")
    }

    @Test(arguments: [
        ("postgresql://h/db?colour=red", "colour"), ("host=h flavour=sweet", "flavour"),
        ("host=h sslmode=perhaps", "sslmode"), ("host=h target_session_attrs=best", "target_session_attrs"),
        ("host=h port=none", "port"), ("host=h port=65536", "port"), ("host=h1,h2 port=1,2,3", "port"),
        ("host=h1,h2 hostaddr=::1", "hostaddr"), ("host=h connect_timeout=soon", "connect_timeout"),
    ]) func `what is wrong is named`(url: String, keyword: String) async throws {
        let error = try await failure { try PostgresConfiguration(url: Secret(url)) }
        #expect(error.code == .configuration)
        #expect(error.message.contains("“\(keyword)”"))
    }

    @Test(arguments: [
        "postgresql://user:hunter2@@h:54:32/db", "postgresql://user:hun%zzter2@h/db", "host=h password=x hunter2",
        "postgresql://user:secret/hunter2@h:5432/db", "password='hunter2", "user=u password=a hunter2=b",
        "postgresql://user:hunter2@h:5432/db?password",
    ]) func `no part of a password gets into an error`(url: String) {
        do {
            _ = try PostgresConfiguration(url: Secret(url))
        } catch {
            // An unknown keyword is named; it is none that a password could be, except by mistake in its own form.
            if url != "user=u password=a hunter2=b" { #expect(!"\(error)".contains("hunter2")) }
            #expect(error.code == .configuration)
        }
    }

    @Test func `limits that make no sense are refused`() async throws {
        var configuration = try PostgresConfiguration(url: Secret("host=h"))
        configuration.poolSize = 0
        let count = try await failure { try PostgresClient(configuration: configuration, logger: silent) }
        #expect(count.message.contains("poolSize"))
        configuration.poolSize = 1
        configuration.statementTimeout = .zero
        let duration = try await failure { try PostgresClient(configuration: configuration, logger: silent) }
        #expect(duration.message.contains("statementTimeout"))
    }

    @Test func `pauses double up to a limit and are never shorter than half`() throws {
        var configuration = try PostgresConfiguration(url: Secret("host=h"))
        configuration.minimumBackoff = .milliseconds(100)
        configuration.maximumBackoff = .seconds(5)
        var generator = SeededGenerator(seed: 3)
        for (failures, longest) in [(1, 100), (2, 200), (3, 400), (7, 5_000), (1_000, 5_000)] {
            for _ in 0..<50 {
                let pause = configuration.backoff(afterFailures: failures, using: &generator)
                #expect(pause <= .milliseconds(longest) && pause >= .milliseconds(longest) / 2)
            }
        }
    }
}
