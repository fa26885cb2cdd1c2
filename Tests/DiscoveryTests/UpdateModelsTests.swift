import Discovery
import FoundationEssentials
import ProviderSimulator
import Registry
import Secrets
import Testing

/// The function that a Swift program calls instead of `roster update-models`.
@Suite struct UpdateModelsTests {
    @Test func `the providers are read, a failing or keyless one stops nothing, and the file shows the registry`()
        async throws
    {
        // Anthropic has no key here.
        try await RefreshBench.with { bench in
            let folder = "/tmp/roster-update-\(UInt64.random(in: 0 ... .max))"
            let path = "\(folder)/config/models.yaml"
            let environment = [
                "DATABASE_URL": bench.database.exposed, "ROSTER_EGRESS_URL": bench.simulator.url, "OPENAI_API_KEY": "k",
            ]
            let update = try await updateModels(at: path, environment: environment, logger: RefreshBench.quiet)
            #expect(update.isNew && update.isWritten)
            #expect(update.providers.first { $0.provider == "openai" }?.outcome == .succeeded)
            #expect(update.providers.first { $0.provider == "anthropic" }?.outcome == .skipped)
            #expect(update.added.contains { $0.hasPrefix("openai_") })
            #expect(update.models.all == update.added.count)
            let text = try #require(FileManager.default.contents(atPath: path))
            #expect(String(decoding: text, as: UTF8.self).contains("\nmodels:\n"))

            let again = try await updateModels(at: path, environment: environment, logger: RefreshBench.quiet)
            #expect(!again.isWritten && !again.isNew)
            #expect(FileManager.default.contents(atPath: path) == text)
            try FileManager.default.removeItem(atPath: folder)
        }
    }

    @Test func `without a registry it says so`() async throws {
        let error = await #expect(throws: ModelsUpdate.NoRegistry.self) {
            try await updateModels(at: "/tmp/never", environment: [:], logger: RefreshBench.quiet)
        }
        #expect(error?.description.contains("DATABASE_URL") == true)
    }
}
