import FoundationEssentials
import Postgres
@testable import Registry
import TestSupport
import Testing

/// Random interleavings of people, refreshes, reverts and crashes, against the rules.
///
/// A failing run prints its seed. Thousands of steps, or the steps of a seed again:
///
///     ROSTER_PROPERTY_STEPS=5000 swift test --filter RegistryPropertyTests
///     ROSTER_PROPERTY_SEED=42 ROSTER_PROPERTY_STEPS=5000 swift test --filter RegistryPropertyTests
@Suite struct RegistryPropertyTests {
    private static func number(_ variable: String) -> UInt64? {
        ProcessInfo.processInfo.environment[variable].flatMap { UInt64($0) }
    }

    @Test func `whatever happens in whatever order, the registry is as the rules say`() async throws {
        let seed = Self.number("ROSTER_PROPERTY_SEED") ?? .random(in: 0 ... .max)
        let steps = Self.number("ROSTER_PROPERTY_STEPS") ?? 500
        print("RegistryPropertyTests: \(steps) steps, ROSTER_PROPERTY_SEED=\(seed)")
        try await MigratedDatabase.with { store, client, _ in
            let registry = RegistryUnderTest(store: store, client: client)
            var driver = try await PropertyDriver(registry: registry, seed: seed)
            for step in 0..<steps {
                let wrong: String?
                do { wrong = try await driver.step() } catch { wrong = "\(error)" }
                guard let wrong else { continue }
                Issue.record("ROSTER_PROPERTY_SEED=\(seed), step \(step), \(wrong)")
                return
            }
            for wrong in try await registry.differencesOfNumbering() + registry.differencesOfReplay() {
                Issue.record("ROSTER_PROPERTY_SEED=\(seed): \(wrong)")
            }
            for (what, count) in driver.tally.sorted(by: { $0.key < $1.key }) { print("  \(count) × \(what)") }
            // A run that never got to the point would prove nothing.
            if steps >= 400 {
                for what in ["refresh", "edit", "revert a revision", "revert everything after", "crash"] {
                    #expect(driver.tally[what, default: 0] > 0, "ROSTER_PROPERTY_SEED=\(seed): no “\(what)”")
                }
            }
        }
    }
}
