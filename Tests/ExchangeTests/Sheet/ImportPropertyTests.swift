import FoundationEssentials
import JSON
import Postgres
import Registry
import Testing

@testable import Exchange

/// Random registries and random edits of their files.
@Suite struct ImportPropertyTests {
    private static let words = [
        "a", "=1", "@x", "-2", "'", "\"", ";", ",", "\t", "\r\n", "\n", "\\", "ä", "🦙", " ", "  ", "TRUE", "#N/A",
        "1,5", "\u{FEFF}",
    ]

    private static func text(_ random: inout Randomness, lines: Bool = true) -> String {
        (0..<Int.random(in: 1...5, using: &random)).map { _ in words.randomElement(using: &random) ?? "" }.joined()
            .filter { lines || !$0.isNewline }
    }

    private static func price(_ random: inout Randomness) -> String {
        let digits = (0..<Int.random(in: 1...30, using: &random)).map { _ in
            String(Int.random(in: 0...9, using: &random))
        }
        return "0." + String(repeating: "0", count: Int.random(in: 0...12, using: &random)) + digits.joined()
    }

    /// Fills a registry by SQL, which allows what the edit path would tidy up.
    private static func fill(_ fixture: SheetFixture, _ random: inout Randomness) async throws {
        for index in 0..<25 {
            let prices = (0..<2).map { _ in Bool.random(using: &random) ? Self.price(&random) : nil }
            let flag: Bool? = [true, false, nil].randomElement(using: &random) ?? nil
            let tags = (0..<Int.random(in: 0...3, using: &random)).map { _ in Self.text(&random) }
            let day = Bool.random(using: &random) ? "2026-0\(Int.random(in: 1...9, using: &random))-11" : nil
            let metadata: JSONValue = ["k": .string(Self.text(&random)), "n": 15]
            _ = try await fixture.client.query(
                """
                INSERT INTO models (id, provider_id, provider_model_id, model_name, description, notes, pricing_prompt,
                    pricing_completion, supports_tools, tags, deprecation_date, metadata, context_length)
                VALUES (\(Int64(100 + index)), \(Int64.random(in: 1...2, using: &random)), \("m\(index)" + Self.text(&random, lines: false)),
                    \(Self.text(&random)), \(Self.text(&random)), \(Bool.random(using: &random) ? "" : nil),
                    \(prices[0])::text::numeric, \(prices[1])::text::numeric, \(flag), \(tags), \(day)::text::date,
                    \(Bool.random(using: &random) ? metadata.serializedString() : "{}")::text::jsonb,
                    \(Int64.random(in: 1...2_000_000, using: &random)))
                """
            )
        }
    }

    @Test func anUntouchedFileOfAnyRegistryChangesNothing() async throws {
        try await SheetFixture.with { fixture in
            var random = Randomness(seed: Randomness.seed(for: "untouched"))
            try await Self.fill(fixture, &random)
            for separator in CSVDialect.Separator.allCases {
                for mark in CSVDialect.DecimalMark.allCases {
                    let file = try await fixture.export(
                        columns: RegistryTable.models.columns.map(\.name),
                        dialect: CSVDialect(separator: separator, decimalMark: mark),
                        hasByteOrderMark: true
                    )
                    let text = String(decoding: file.dropFirst(3), as: UTF8.self)
                    for bytes in [file, Array(text.utf8), NastyText.utf16(text, isLittleEndian: true)] {
                        let sheet = try await Sheet(csv: bytes, of: .models, decimalMark: mark)
                        #expect(sheet.dialect.separator == separator)
                        let preview = try await fixture.importer.preview(sheet, as: SheetFixture.anna)
                        #expect(preview.summary.isEmpty, "\(preview.summary)")
                        #expect(preview.remarks.isEmpty, "\(preview.remarks.map(\.sentence))")
                        #expect(preview.unchangedCount == 28)
                    }
                }
            }
        }
    }

    @Test func editsOfAFileAreExactlyTheChanges() async throws {
        try await SheetFixture.with { fixture in
            var random = Randomness(seed: Randomness.seed(for: "edits"))
            try await Self.fill(fixture, &random)
            let names = [
                "pricing_prompt", "pricing_image", "supports_tools", "tags", "notes", "deprecation_date",
                "context_length",
            ]
            for _ in 0..<12 {
                var cells = try Cells(try await fixture.export())
                let content = try await fixture.store.content(of: .models)
                var expected: Set<String> = []
                let count = Int.random(in: 0...15, using: &random)
                for _ in 0..<count {
                    let row = try #require(content.rows.randomElement(using: &random))
                    let name = try #require(names.randomElement(using: &random))
                    let column = try #require(RegistryTable.models.column(name))
                    let id = try #require(row["id"]?.int64Value)
                    guard !expected.contains(where: { $0.hasPrefix("\(id) \(name) ") }) else { continue }
                    let (written, value) = Self.change(of: column, &random)
                    cells[Int(id), column.title] = written
                    if value != row[name], !(value.isNull && row[name] == "") {
                        expected.insert("\(id) \(name) \(value.serializedString())")
                    }
                }
                let preview = try await fixture.preview(cells.text)
                #expect(preview.errors.isEmpty, "\(preview.errors.map(\.sentence))")
                let found = preview.rows.flatMap { row in
                    row.cells.map { "\(row.id ?? 0) \($0.column.name) \($0.new.serializedString())" }
                }
                #expect(Set(found) == expected)
                let before = try await fixture.revision
                guard case .applied(_, let revision) = try await fixture.apply(cells.text, seen: preview.digest) else {
                    throw Unexpected(description: "not applied")
                }
                #expect(revision == (expected.isEmpty ? nil : before + 1))
                // Everything else is as it was, and what was typed is what is there.
                let after = try await fixture.store.content(of: .models)
                for (old, new) in zip(content.rows, after.rows) {
                    for column in RegistryTable.models.columns
                    where column.access != .readOnly && old[column.name] != new[column.name] {
                        let cell =
                            "\(new["id"]?.int64Value ?? 0) \(column.name) "
                            + (new[column.name] ?? .null).serializedString()
                        #expect(expected.contains(cell))
                    }
                }
            }
        }
    }

    /// What a person types, and what it means.
    private static func change(of column: Column, _ random: inout Randomness) -> (String, JSONValue) {
        if column.isNullable, Int.random(in: 0...4, using: &random) == 0 { return ("", .null) }
        switch column.name {
        case "pricing_prompt":
            let digits = Int64.random(in: 1...999_999, using: &random)
            return ("\(digits / 100).\(digits % 100 < 10 ? "0" : "")\(digits % 100)", Self.plain("\(digits)e-8"))
        case "pricing_image":
            let digits = Int64.random(in: 1...999, using: &random)
            return ("\(digits)E-05", Self.plain("\(digits)e-5"))
        case "supports_tools":
            return [("x", true), ("WAHR", true), ("no", false), ("FALSE", false)].randomElement(using: &random)
                ?? ("", .null)
        case "tags":
            let number = Int.random(in: 1...9, using: &random)
            return ("t\(number);; -u ", JSONValue(["t\(number)", "-u"]))
        case "deprecation_date":
            let day = Int.random(in: 10...28, using: &random)
            return ("\(day).3.2027", .string("2027-03-\(day)"))
        case "context_length":
            let number = Int64.random(in: 1...900, using: &random)
            return ("\(number),000,000", JSONValue(number * 1_000_000))
        default:
            let number = Int.random(in: 1...9, using: &random)
            return ("'=note \(number)", .string("=note \(number)"))
        }
    }

    private static func plain(_ spelling: String) -> JSONValue {
        JSONValue((try? ExactDecimal(spelling))?.plain(mostPlaces: 400))
    }
}
