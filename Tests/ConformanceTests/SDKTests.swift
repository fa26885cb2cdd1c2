import Secrets
import SystemPackage
import TestSupport
import Testing

/// Other people's clients against a running replica.
@Suite struct SDKTests {
    /// What the scripts import, in the versions that they were last seen to work with.
    private static let requirements = ["openai==3.52.0", "pytest==9.2.0", "httpx==0.28.1"]

    @Test func `the official OpenAI SDK for Python works as it does with OpenAI`() async throws {
        let python = try await PythonEnvironment(requirements: Self.requirements)
        let script = FilePath(#filePath).removingLastComponent().appending("test_openai_sdk.py")
        try await ReplicaBench.with { bench in
            let refreshed = try await python.run(
                """
                import httpx, os
                answer = httpx.post(os.environ["URL"], headers={"Authorization": "Bearer " + os.environ["KEY"]}, timeout=60)
                print(answer.text)
                answer.raise_for_status()
                """,
                environment: ["URL": "\(bench.url)/v1/registry/refresh", "KEY": bench.adminKey.exposed]
            )
            try #require(refreshed.status == 0, "\(refreshed.output)\(refreshed.errors)")
            let run = try await python.run(
                nil,
                arguments: ["-m", "pytest", "-q", "-p", "no:cacheprovider", script.string],
                environment: [
                    "ROSTER_URL": bench.url, "ROSTER_KEY": bench.clientKey.exposed,
                    "ROSTER_ADMIN_KEY": bench.adminKey.exposed, "SIMULATOR_URL": bench.simulator,
                    "PYTHONDONTWRITEBYTECODE": "1",
                ],
                within: .seconds(300)
            )
            #expect(run.status == 0, "\(run.output)\(run.errors)")
        }
    }
}
