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

    /// Provider, file, member that holds the rows, member that holds an id.
    static let lists: [(provider: String, file: String, rows: String, id: String)] = [
        ("openrouter", "models-2024-12-08.json", "data", "id"),
        ("openrouter", "models-2026-05-15.json", "data", "id"),
        ("openai", "models-2025-08-25.json", "data", "id"),
        ("openai", "models-2026-01.json", "data", "id"),
        ("anthropic", "models-2025-08-25.json", "data", "id"),
        ("gemini", "models-2025-08-25.json", "models", "name"),
        ("gemini", "models-2026-02-23.json", "models", "name"),
        ("ollama", "tags-2025-06-05.json", "models", "model"),
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
        let listed = try #require(JSONValue(parsing: bytes)[rows]?.arrayValue)
        try await RefreshBench.with(recordings: folder, selected: [provider: file]) { bench in
            let report = try await bench.refresher.refresh(provider: provider, isDryRun: false, as: RefreshBench.author)
            #expect(report.outcome == .succeeded, "\(report.message)")
            let expected = Set(listed.compactMap { $0[id]?.stringValue }.map { Self.withoutPrefix($0, provider) })
            #expect(expected.count == listed.count, "the recording lists an id twice")
            let stored = try await execute(
                """
                SELECT provider_model_id, coalesce(pricing_prompt::text, ''), coalesce(pricing_completion::text, '')
                FROM models
                """,
                on: bench.database
            ).map { $0.split(separator: "|", omittingEmptySubsequences: false).map(String.init) }
            #expect(Set(stored.map { $0[0] }) == expected)
            guard provider == "openrouter" else { return }
            let prices = Dictionary(stored.map { ($0[0], $0) }, uniquingKeysWith: { first, _ in first })
            for model in listed {
                let name = try #require(model["id"]?.stringValue)
                for (index, member) in [(1, "prompt"), (2, "completion")] {
                    let written = model["pricing"]?[member]?.stringValue ?? ""
                    #expect(prices[name]?[index] == Self.plain(written), "\(name) \(member) \(written)")
                }
            }
        }
    }

    private static func withoutPrefix(_ id: String, _ provider: String) -> String {
        provider == "gemini" && id.hasPrefix("models/") ? String(id.dropFirst("models/".count)) : id
    }

    /// A price as PostgreSQL prints it, by string alone: empty for a negative one, without zeros at its end.
    private static func plain(_ written: String) -> String {
        guard !written.isEmpty, !written.hasPrefix("-") else { return "" }
        guard written.contains("."), !written.contains("e"), !written.contains("E") else { return written }
        var plain = written
        while plain.hasSuffix("0") { plain.removeLast() }
        return plain.hasSuffix(".") ? String(plain.dropLast()) : plain
    }
}
