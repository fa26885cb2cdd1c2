import Secrets
import SystemPackage
import TestSupport
import Testing

/// What a replica says of itself against what it does, judged by other people's validators.
@Suite struct OpenAPITests {
    /// In the versions that they were last seen to work with.
    private static let requirements = [
        "openapi-spec-validator==0.9.0", "jsonschema==4.26.0", "rfc3339-validator==0.1.4", "pytest==9.2.0",
        "httpx==0.28.1",
    ]

    @Test func `the document is valid, complete, and what every operation answers is what it says`() async throws {
        let python = try await PythonEnvironment(requirements: Self.requirements)
        let script = FilePath(#filePath).removingLastComponent().appending("test_openapi.py")
        try await ReplicaBench.with { bench in
            try #require(bench.paths.count > 10, "\(bench.paths)")
            let run = try await python.run(
                nil,
                arguments: ["-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", script.string],
                environment: [
                    "ROSTER_URL": bench.url, "ROSTER_KEY": bench.clientKey.exposed,
                    "ROSTER_ADMIN_KEY": bench.adminKey.exposed, "ROSTER_PATHS": bench.paths.joined(separator: "\n"),
                    "PYTHONDONTWRITEBYTECODE": "1",
                ],
                within: .seconds(300)
            )
            #expect(run.status == 0, "\(run.output)\(run.errors)")
        }
    }
}
