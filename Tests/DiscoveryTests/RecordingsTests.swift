import Discovery
import FoundationEssentials
import JSON
import TestSupport
import Testing

/// Where recordings are, and which of their lists the built-in providers read.
private enum Recordings {
    static let folder: String? = ProcessInfo.processInfo.environment["ROSTER_RECORDINGS"].map { root in
        FileManager.default.fileExists(atPath: root + "/providers") ? root + "/providers" : root
    }

    /// Provider, file, member that holds the rows (none for an array), member that holds an id.
    static let lists: [(provider: String, file: String, rows: String, id: String)] = [
        ("openrouter", "models-2024-12-08.json", "data", "id"),
        ("openrouter", "models-2026-05-15.json", "data", "id"),
        ("openai", "models-2025-08-25.json", "data", "id"),
        ("openai", "models-2026-01.json", "data", "id"),
        ("anthropic", "models-2025-08-25.json", "data", "id"),
        ("gemini", "models-2025-08-25.json", "models", "name"),
        ("gemini", "models-2026-02-23.json", "models", "name"),
        ("ollama", "tags-2025-06-05.json", "models", "model"),
        ("deepinfra", "openai-models-2026-02-23.json", "data", "id"),
        ("featherless", "models-doc-example.json", "data", "id"),
        ("groq", "models-2025-10-05.json", "data", "id"),
        ("groq", "models-2026-01.json", "data", "id"),
        ("fireworks", "inference-models-item.json", "data", "id"),
        ("together", "models-2026-01-23.json", "", "id"),
        ("huggingface", "router-models-2026-04-02.json", "data", "id"),
        ("xai", "models-2025-08-13.json", "data", "id"),
        ("xai", "language-models-doc-example.json", "models", "id"),
        ("cerebras", "models-2026-02-05.json", "data", "id"),
        ("cerebras", "public-v1-models-2026-08-trimmed.json", "data", "id"),
        ("nebius", "models-2026-02-23.json", "data", "id"),
        ("nebius", "models-verbose-trimmed.json", "data", "id"),
        ("novita", "models-2024-07-29.json", "", "id"),
        ("near", "model-list-sample.json", "models", "modelId"),
        ("chutes", "models-2025-08-02-old-shape.json", "data", "id"),
        ("chutes", "models-2026-07-26-one-entry.json", "data", "id"),
        ("fal", "models-2026-04-18.json", "models", "endpoint_id"),
        ("vercel", "models-doc-example-2026.json", "data", "id"),
    ]

    /// Where a row has its prices, and how far the point moves to give USD per token.
    static let prices: [String: (prompt: [String], completion: [String], shift: Int)] = [
        "openrouter": (["pricing", "prompt"], ["pricing", "completion"], 0),
        "deepinfra": (["metadata", "pricing", "input_tokens"], ["metadata", "pricing", "output_tokens"], -6),
        "novita": (["input_token_price_per_m"], ["output_token_price_per_m"], -10),
        "vercel": (["pricing", "input"], ["pricing", "output"], 0),
        "near": (["inputCostPerToken", "amount"], ["outputCostPerToken", "amount"], -9),
    ]
}

/// Real lists, as providers answered them, through the whole path: simulator, network, normalising, merge. They are not
/// part of this repository; ROSTER_RECORDINGS names the folder that holds them.
@Suite(.enabled(if: Recordings.folder != nil, "ROSTER_RECORDINGS names no folder of recordings"))
struct RecordingsTests {
    @Test(arguments: Recordings.lists)
    func `every model of a recorded list is stored, with its exact prices`(
        provider: String,
        file: String,
        rows: String,
        id: String
    ) async throws {
        let folder = try #require(Recordings.folder)
        let bytes = Array(try Data(contentsOf: URL(filePath: "\(folder)/\(provider)/\(file)")))
        let value = try JSONValue(parsing: bytes)
        let listed = try #require((rows.isEmpty ? value : value[rows])?.arrayValue)
        try await RefreshBench.with(recordings: folder, selected: [provider: file]) { bench in
            let report = try await bench.refresher.refresh(provider: provider, isDryRun: false, as: RefreshBench.author)
            #expect(report.outcome == .succeeded, "\(report.message)")
            var expected = Set(listed.compactMap { $0[id]?.stringValue }.map { Self.withoutPrefix($0, provider) })
            if provider == "xai", rows == "models" { expected.insert("grok-2-image-1212") }
            #expect(expected.count >= listed.count, "the recording lists an id twice")
            #expect(report.skipped.isEmpty && report.fetched == expected.count)
            let stored = try await execute(
                """
                SELECT provider_model_id, coalesce(pricing_prompt::text, ''), coalesce(pricing_completion::text, '')
                FROM models
                """,
                on: bench.database
            ).map { $0.split(separator: "|", omittingEmptySubsequences: false).map(String.init) }
            #expect(Set(stored.map { $0[0] }) == expected)
            guard let (prompt, completion, shift) = Recordings.prices[provider] else { return }
            let prices = Dictionary(stored.map { ($0[0], $0) }, uniquingKeysWith: { first, _ in first })
            for model in listed {
                let name = try #require(model[id]?.stringValue)
                for (index, path) in [(1, prompt), (2, completion)] {
                    var member: JSONValue? = model
                    for name in path { member = member[name] }
                    let written = member?.stringValue ?? member?.numberValue?.spelling ?? ""
                    #expect(prices[name]?[index] == Self.plain(written, shift), "\(name) \(path) \(written)")
                }
            }
        }
    }

    private static func withoutPrefix(_ id: String, _ provider: String) -> String {
        provider == "gemini" && id.hasPrefix("models/") ? String(id.dropFirst("models/".count)) : id
    }

    /// A price as PostgreSQL prints it, by moving characters alone: empty for a negative one, without zeros at its end.
    private static func plain(_ written: String, _ shift: Int) -> String {
        guard !written.isEmpty, !written.hasPrefix("-") else { return "" }
        let sides = written.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        var whole = String(repeating: "0", count: max(0, -shift)) + sides[0]
        var fraction = sides.count > 1 ? sides[1] : ""
        for _ in 0..<(-shift) { fraction.insert(whole.removeLast(), at: fraction.startIndex) }
        while whole.count > 1, whole.hasPrefix("0") { whole.removeFirst() }
        while fraction.hasSuffix("0") { fraction.removeLast() }
        return fraction.isEmpty ? whole : "\(whole).\(fraction)"
    }
}
