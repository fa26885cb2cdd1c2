import JSON
import Registry
import Testing

@testable import Exchange

/// Days, truth, lists and headings as people write them.
@Suite struct CellTests {
    @Test(arguments: [
        ("2026-11-21", "2026-11-21"), ("21.11.2026", "2026-11-21"), ("3.4.2026", "2026-04-03"),
        ("21/11/2026", "2026-11-21"),
        ("11/21/2026", "2026-11-21"), ("05/05/2026", "2026-05-05"), ("21 Nov 2026", "2026-11-21"),
        ("21-Nov-2026", "2026-11-21"),
        ("November 21, 2026", "2026-11-21"), ("2026/11/21", "2026-11-21"), ("2026-11-21 00:00:00", "2026-11-21"),
    ])
    func daysThatMeanOneDay(_ cell: String, _ expected: String) throws {
        #expect(try Self.read(cell, "deprecation_date") == .string(expected))
    }

    @Test(arguments: [
        ("03/04/2026", "could be 3 April or 4 March. Write 2026-04-03 or 2026-03-04."), ("21.11.26", "four digits"),
        ("30.02.2026", "a day, as in"), ("2026-13-01", "a day, as in"), ("soon", "Write it as 2026-11-21"),
        ("45982", "not a day"),
    ])
    func daysThatAreRefused(_ cell: String, _ words: String) {
        let refusal = #expect(throws: CellRefusal.self) { try Self.read(cell, "deprecation_date") }
        #expect(refusal?.message.contains(words) == true, "\(refusal?.message ?? "")")
    }

    @Test func truthIsUnderstoodAndUnknownIsEmpty() throws {
        for cell in ["TRUE", "true", "Yes", "1", "x", "X", "WAHR", "ja", " wahr "] {
            #expect(try Self.read(cell, "supports_tools") == true)
        }
        for cell in ["FALSE", "no", "0", "FALSCH", "nein"] { #expect(try Self.read(cell, "supports_tools") == false) }
        #expect(try Self.read("", "supports_tools") == .null)
        #expect(throws: CellRefusal.self) { try Self.read("", "is_active") }
        #expect(throws: CellRefusal.self) { try Self.read("maybe", "supports_tools") }
    }

    @Test func emptyCellsAndTexts() throws {
        #expect(try Self.read("  ", "notes") == .null)
        #expect(try Self.read("", "tags") == [])
        #expect(try Self.read("", "metadata") == [:])
        #expect(try Self.read("fast; cheap", "tags") == ["fast", "cheap"])
        #expect(try Self.read("'-x", "notes") == "-x")
        #expect(try Self.read("two\nlines", "notes") == "two\nlines")
        #expect(throws: CellRefusal.self) { try Self.read("two\nlines", "model_name") }
        #expect(throws: CellRefusal.self) { try Self.read("#N/A", "notes") }
        #expect(try Self.read("#1 model", "notes") == "#1 model")
        let refusal = #expect(throws: CellRefusal.self) { try Self.read("{\"a\": }", "metadata") }
        #expect(refusal?.message.contains("not JSON") == true)
    }

    @Test(arguments: [
        ("Input price (USD per 1M tokens)", "pricing_prompt", CellScale.shown),
        ("input price ($/1M tokens)", "pricing_prompt", .shown),
        ("Input price (USD per million tokens)", "pricing_prompt", .shown),
        ("Input price (USD per token)", "pricing_prompt", .stored),
        ("Input price ($/token)", "pricing_prompt", .stored),
        ("INPUT  PRICE (per 1M tokens)", "pricing_prompt", .shown),
        ("pricing_prompt", "pricing_prompt", .stored), ("Pricing_Prompt", "pricing_prompt", .stored),
        ("pricing_prompt (USD per 1M tokens)", "pricing_prompt", .shown), ("Context length", "context_length", .shown),
        ("Context length (tokens)", "context_length", .shown), ("Row revision (read only)", "row_revision", .shown),
        ("API name (set once)", "provider_model_id", .shown), ("API name", "provider_model_id", .shown),
        ("Id", "id", .shown),
        ("Image price", "pricing_image", .shown), ("Size (billions)", "size_b", .shown),
    ])
    func headingsSayTheColumnAndTheUnit(_ heading: String, _ name: String, _ scale: CellScale) throws {
        let (column, found) = try SheetHeading.read(heading, of: .models)
        #expect(column.name == name)
        #expect(found.shift(of: column) == scale.shift(of: column))
    }

    @Test(arguments: [
        ("Input price", "write “Input price (USD per 1M tokens)” or “Input price (USD per token)”"),
        ("Input price (EUR per 1M tokens)", "unit is not known"),
        ("Input prize (USD per 1M tokens)", "did you mean “Input price"),
        ("pricing_promt", "did you mean “pricing_prompt”"), ("Context length (words)", "unit is not known"),
        ("Notes (internal)", "no column"),
    ])
    func headingsThatAreRefused(_ heading: String, _ words: String) {
        let refusal = #expect(throws: CellRefusal.self) { try SheetHeading.read(heading, of: .models) }
        #expect(refusal?.message.contains(words) == true, "\(refusal?.message ?? "")")
    }

    @Test func everyHeadingThatIsWrittenIsUnderstood() throws {
        for table in RegistryTable.all {
            for column in table.columns {
                let (found, scale) = try SheetHeading.read(SheetHeading.written(column), of: table)
                #expect(found == column)
                #expect(scale.shift(of: column) == CellScale.shown.shift(of: column))
                let (named, stored) = try SheetHeading.read(column.name, of: table)
                #expect(named == column)
                #expect(stored.shift(of: column) == 0)
            }
        }
    }

    static func read(_ cell: String, _ column: String) throws -> JSONValue {
        let column = try #require(RegistryTable.models.column(column))
        return try CellFormat(.models).value(cell, of: column)
    }
}
