import Discovery
import JSON
import Providers
import Registry
import TestSupport
import Testing

@Suite struct RefreshTests {
    @Test func `all providers are refreshed, and a second time nothing changes`() async throws {
        try await RefreshBench.with { bench in
            let first = try await bench.refresher.refreshAll(isDryRun: false, as: RefreshBench.author)
            #expect(first.map(\.provider) == ProviderCatalog.seeded.filter(\.isEnabledByDefault).map(\.slug))
            #expect(first.count == 22)
            for report in first {
                #expect(report.outcome == .succeeded, "\(report.message)")
                #expect(report.diff.added == report.transformed && report.transformed > 0 && report.revision != nil)
                #expect(report.fetched == report.transformed + report.skipped.count)
            }
            let before = try await bench.store.position().revision
            let second = try await bench.refresher.refreshAll(isDryRun: false, as: RefreshBench.author)
            for report in second { #expect(report.diff == RefreshReport.Diff() && report.revision == nil) }
            #expect(try await bench.store.position().revision == before)
            #expect(try await bench.store.position().lastRefresh != nil)
        }
    }

    @Test func `a dry run says what a real one then does, and writes nothing`() async throws {
        try await RefreshBench.with { bench in
            let before = try await bench.store.position()
            let dry = try await bench.refresher.refresh(provider: "openai", isDryRun: true, as: RefreshBench.author)
            #expect(try await bench.store.position() == before)
            #expect(try await execute("SELECT count(*) FROM models", on: bench.database) == ["0"])
            let wet = try await bench.refresher.refresh(provider: "openai", isDryRun: false, as: RefreshBench.author)
            #expect(dry.diff == wet.diff && dry.fetched == wet.fetched && dry.synced == 0 && wet.synced > 0)
        }
    }

    @Test(arguments: [
        "html", "html,status=502", "status=500", "status=401", "cut=before-headers", "cut=after-headers", "cut=middle",
        "reset=middle", "invalid-json", "content-length=+10", "endless-header",
    ])
    func `a provider that fails leaves its models as they were, and the others alone`(behaviour: String) async throws {
        try await RefreshBench.with { bench in
            _ = try await bench.refresher.refreshAll(isDryRun: false, as: RefreshBench.author)
            let before = try await execute("SELECT to_jsonb(m) FROM models m ORDER BY id", on: bench.database)
            try await bench.simulate(behaviour, host: "anthropic")
            let reports = try await bench.refresher.refreshAll(isDryRun: false, as: RefreshBench.author)
            for report in reports {
                #expect(report.outcome == (report.provider == "anthropic" ? .failed : .succeeded), "\(report.message)")
            }
            let failed = try #require(reports.first { $0.provider == "anthropic" })
            #expect(failed.message.contains("stay as they were") && failed.revision == nil)
            #expect(try await execute("SELECT to_jsonb(m) FROM models m ORDER BY id", on: bench.database) == before)
            let run = try #require(try await bench.refresher.recentRuns(limit: 50).first { $0.provider == "anthropic" })
            #expect(run.outcome == "failed" && run.message == failed.message)
        }
    }

    @Test func `a failure that passes is asked again, as the provider says`() async throws {
        try await RefreshBench.with { bench in
            try await bench.simulate("status=429,retry-after=0", host: "openai", count: 1)
            try await bench.simulate("status=503", host: "anthropic", count: 1)
            for slug in ["openai", "anthropic"] {
                let report = try await bench.refresher.refresh(provider: slug, isDryRun: false, as: RefreshBench.author)
                #expect(report.outcome == .succeeded, "\(report.message)")
            }
        }
    }

    @Test(arguments: [
        JSONValue.object(["object": "list", "data": []]),
        JSONValue.object(["error": ["message": "over quota"]]),
        JSONValue.object(["data": [["object": "model"], 7]]),
    ])
    func `a body that only looks like a list is a failure, not an empty list`(body: JSONValue) async throws {
        try await RefreshBench.with { bench in
            _ = try await bench.refresher.refresh(provider: "openai", isDryRun: false, as: RefreshBench.author)
            let before = try await execute("SELECT count(*) FROM models WHERE is_active", on: bench.database)
            try await bench.list(body, of: "openai")
            let report = try await bench.refresher.refresh(provider: "openai", isDryRun: false, as: RefreshBench.author)
            #expect(report.outcome == .failed, "\(report.message)")
            #expect(try await execute("SELECT count(*) FROM models WHERE is_active", on: bench.database) == before)
        }
    }

    @Test func `one bad row costs that row, and says why`() async throws {
        try await RefreshBench.with { bench in
            try await bench.list(
                ["object": "list", "data": [["id": "good"], ["id": 7], ["id": "good"], ["id": "also-good"]]],
                of: "openai"
            )
            let report = try await bench.refresher.refresh(provider: "openai", isDryRun: false, as: RefreshBench.author)
            #expect(report.outcome == .succeeded && report.fetched == 4 && report.transformed == 2)
            #expect(report.skipped.count == 2 && report.skipped.allSatisfy { !$0.reason.isEmpty })
        }
    }

    @Test func `a missing key skips that provider and names the variable`() async throws {
        try await RefreshBench.with(keys: ["ANTHROPIC_API_KEY": "k"]) { bench in
            let reports = try await bench.refresher.refreshAll(isDryRun: false, as: RefreshBench.author)
            let openAI = try #require(reports.first { $0.provider == "openai" })
            #expect(openAI.outcome == .skipped && openAI.message.contains("OPENAI_API_KEY"))
            #expect(reports.first { $0.provider == "anthropic" }?.outcome == .succeeded)
        }
    }

    @Test func `who asks for a refresh that is under way joins it`() async throws {
        try await RefreshBench.with { bench in
            try await bench.simulate("latency=300ms", host: "openai")
            let before = try await bench.requestCount()
            let reports = try await withThrowingTaskGroup(of: RefreshReport.self) { group in
                for _ in 0..<10 {
                    group.addTask {
                        try await bench.refresher.refresh(provider: "openai", isDryRun: false, as: RefreshBench.author)
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(Set(reports).count == 1 && reports.first?.outcome == .succeeded)
            // One for the list; the control requests count too.
            #expect(try await bench.requestCount() - before <= 2)
        }
    }

    @Test func `two replicas that refresh at once ask the provider once, and both know what came of it`() async throws {
        try await RefreshBench.with { bench in
            try await bench.simulate("latency=500ms", host: "openai")
            let before = try await bench.requestCount()
            async let one = bench.refresher.refresh(provider: "openai", isDryRun: false, as: RefreshBench.author)
            async let other = bench.other.refresh(provider: "openai", isDryRun: false, as: RefreshBench.author)
            let (first, second) = try await (one, other)
            #expect(first.outcome == .succeeded && second.outcome == .succeeded)
            #expect(first.revision == second.revision && first.message == second.message)
            #expect(try await bench.requestCount() - before <= 2)
            #expect(try await bench.refresher.recentRuns(limit: 10).count == 1)
            let actor = try await execute(
                "SELECT actor FROM revisions ORDER BY revision DESC LIMIT 1",
                on: bench.database
            )
            #expect(actor == ["refresh:openai#1"])
        }
    }

    /// Who renews often finds out by itself; who does not is refused by the database.
    @Test(arguments: [false, true])
    func `a refresh whose lease another took meanwhile writes nothing`(renewsOften: Bool) async throws {
        try await RefreshBench.with { bench in
            try await bench.simulate("latency=1500ms", host: "openai")
            let refresher = renewsOften ? bench.other : bench.refresher
            async let late = refresher.refresh(provider: "openai", isDryRun: false, as: RefreshBench.author)
            try await eventually("the refresh has its lease") {
                try await execute("SELECT name FROM leases", on: bench.database) == ["refresh:openai"]
            }
            // As if it had been paused for longer than its lease lasts.
            try await execute(
                "UPDATE leases SET holder = 'another', fencing_token = fencing_token + 1 WHERE name = 'refresh:openai'",
                on: bench.database
            )
            let report = try await late
            #expect(report.outcome == .failed && report.message.contains("another has taken over"), "\(report.message)")
            #expect(try await execute("SELECT count(*) FROM models", on: bench.database) == ["0"])
            #expect(try await bench.refresher.recentRuns(limit: 10).map(\.outcome) == ["failed"])
        }
    }

    @Test func `an unknown provider is named, with those there are`() async throws {
        try await RefreshBench.with { bench in
            let refused = await #expect(throws: Refresher.UnknownProvider.self) {
                try await bench.refresher.refreshAll(
                    only: ["openai", "nobody"],
                    isDryRun: false,
                    as: RefreshBench.author
                )
            }
            #expect(
                refused?.description.contains("nobody") == true && refused?.description.contains("openrouter") == true
            )
        }
    }

    @Test func `prices keep every digit, and unknown is not zero`() async throws {
        try await RefreshBench.with { bench in
            func row(_ id: String, _ prompt: JSONValue) -> JSONValue {
                ["id": .string(id), "name": .string(id), "pricing": ["prompt": prompt, "completion": "0"]]
            }
            try await bench.list(
                [
                    "data": [
                        row("long", "0.00000008333333333333334"), row("exponent", "3.5e-7"), row("unknown", "-1"),
                        row("absent", nil), row("free", "0"), row("words", "about a cent"),
                    ]
                ],
                of: "openrouter"
            )
            let report = try await bench.refresher.refresh(
                provider: "openrouter",
                isDryRun: false,
                as: RefreshBench.author
            )
            #expect(report.transformed == 6, "\(report.message)")
            #expect(
                try await execute(
                    "SELECT provider_model_id, coalesce(pricing_prompt::text, 'NULL') FROM models ORDER BY 1",
                    on: bench.database
                )
                    == [
                        "absent|NULL", "exponent|0.00000035", "free|0", "long|0.00000008333333333333334",
                        "unknown|NULL",
                        "words|NULL",
                    ]
            )
        }
    }
}
