import JSON
import Postgres
import Registry
import Testing

@testable import Exchange

/// Files into the registry: what was changed in them and nothing else.
@Suite struct ImportTests {
    @Test(arguments: CSVDialect.Separator.allCases)
    func anUntouchedExportChangesNothing(_ separator: CSVDialect.Separator) async throws {
        try await SheetFixture.with { fixture in
            for table in RegistryTable.all {
                let before = try await fixture.revision
                let file = try await fixture.export(
                    table,
                    columns: table.columns.map(\.name),
                    dialect: CSVDialect(separator: separator),
                    hasByteOrderMark: true
                )
                let sheet = try await Sheet(csv: file, of: table)
                #expect(sheet.dialect.separator == separator)
                let preview = try await fixture.importer.preview(sheet, as: SheetFixture.anna)
                #expect(preview.summary.isEmpty && preview.remarks.isEmpty, "\(preview.remarks.map(\.sentence))")
                guard case .applied(_, nil) = try await fixture.importer.apply(sheet, seen: nil, as: SheetFixture.anna)
                else { throw Unexpected(description: "\(table.name) made a revision") }
                #expect(try await fixture.revision == before)
            }
        }
    }

    @Test func changedCellsAreListedAppliedInOneRevisionAndPinned() async throws {
        try await SheetFixture.with { fixture in
            _ = try await fixture.client.query("UPDATE models SET pinned = '{}'")
            var cells = try Cells(try await fixture.export())
            cells[10, "Input price"] = "2,75"
            cells[11, "Tools"] = "x"
            cells[11, "Deprecated from"] = ""
            cells[12, "Tags"] = "slow; '-x"
            let preview = try await fixture.preview(cells.text)
            #expect(preview.remarks.isEmpty, "\(preview.remarks.map(\.sentence))")
            #expect(
                Set(preview.summary) == [
                    "3 pricing_prompt: 2.5 -> 2.75", "4 supports_tools:  -> TRUE", "4 deprecation_date: 2026-11-21 -> ",
                    "2 tags:  -> slow; '-x",
                ]
            )
            #expect(preview.updatedCount == 3 && preview.createdCount == 0 && preview.unchangedCount == 0)
            let before = try await fixture.revision
            guard case .applied(_, let revision?) = try await fixture.apply(cells.text, seen: preview.digest) else {
                throw Unexpected(description: "not applied")
            }
            #expect(revision == before + 1)
            let model = try await fixture.model(10)
            #expect(model["pricing_prompt"] == "0.00000275")
            #expect(model["pinned"] == ["pricing_prompt"])
            #expect(try await fixture.model(12)["tags"] == ["slow", "'-x"])
            let made = try await fixture.client.query(
                "SELECT actor, reason FROM revisions WHERE revision = \(revision)"
            )
            #expect(try made.first?.decode(String.self, "actor") == "anna")
            // What was seen has been done: the same file again changes nothing, and no longer is what was seen.
            guard case .stale = try await fixture.apply(cells.text, seen: preview.digest) else {
                throw Unexpected(description: "not stale")
            }
        }
    }

    @Test func newRowsAreMadeAndMatchedByTheirNames() async throws {
        try await SheetFixture.with { fixture in
            let text = """
                API name,Provider,Input price (USD per token),Context length,Streaming
                gpt-4o,openai,2.5E-06,128000,
                gpt-6,openai,0.000003,"1,048,576",yes
                ,,,,

                """
            let preview = try await fixture.preview(text)
            #expect(preview.errors.isEmpty, "\(preview.remarks.map(\.sentence))")
            #expect(preview.createdCount == 1 && preview.updatedCount == 0 && preview.unchangedCount == 1)
            #expect(preview.rows.first?.name == "openai/gpt-6")
            guard case .applied(_, .some) = try await fixture.apply(text, seen: preview.digest) else {
                throw Unexpected(description: "not applied")
            }
            let made = try #require(
                try await fixture.store.content(of: .models).rows.first { $0["provider_model_id"] == "gpt-6" }
            )
            #expect(made["pricing_prompt"] == "0.000003" && made["context_length"] == 1_048_576)
            #expect(made["supports_streaming"] == true && made["supports_tools"] == .null)
        }
    }

    @Test func everyErrorIsNamedByRowAndColumnAndNothingIsChanged() async throws {
        try await SheetFixture.with { fixture in
            var cells = try Cells(try await fixture.export())
            cells[10, "Input price"] = "cheap"
            cells[10, "API name"] = "gpt-5"
            cells[11, "Context length"] = "128.000"
            cells[11, "Output price"] = "-1"
            cells[12, "Made"] = "yesterday"
            cells[12, "Active"] = ""
            cells.rows.append(["99"] + Array(repeating: "", count: cells.rows[0].count - 1))
            cells.rows.append(["10"] + Array(repeating: "", count: cells.rows[0].count - 1))
            cells.rows.append(["", "openai"] + Array(repeating: "", count: cells.rows[0].count - 2))
            cells.rows.append(["", "nobody", "x"] + Array(repeating: "", count: cells.rows[0].count - 3))
            let before = try await fixture.revision
            let preview = try await fixture.preview(cells.text)
            let errors = preview.errors.map(\.sentence).joined(separator: "\n")
            let price = CSVColumn.letters(cells.place("Input price"))
            for words in [
                "row 3, column \(price) (Input price (USD per 1M tokens)): “cheap” is not a number",
                "row 3, column C (API name (set once)): API name says which model", "Write 128000", "row 4, column ",
                "Output price must be 0 or more", "row 2, column ", "Made is kept by Roster",
                "Active must not be empty",
                "row 5, column A (Id (read only)): There is no model with the number 99", "row 6, column A",
                "Row 3 is about the same model", "row 7: The row names no model", "row 8, column B",
            ] {
                #expect(errors.contains(words), "\(words) is not in\n\(errors)")
            }
            guard case .refused = try await fixture.apply(cells.text) else {
                throw Unexpected(description: "not refused")
            }
            #expect(try await fixture.revision == before)
        }
    }

    @Test func headersThatCannotBeReadAreRefusedOnce() async throws {
        try await SheetFixture.with { fixture in
            let unknown = try await fixture.preview("Id,Input prise (USD per 1M tokens)\n10,3\n11,4\n")
            #expect(unknown.errors.count == 1)
            #expect(unknown.errors.first?.sentence.contains("did you mean “Input price (USD per 1M tokens)”") == true)
            #expect(
                try await fixture.preview("Id,Input price\n10,3\n").errors.first?.message.contains(
                    "what the price is in"
                ) == true
            )
            #expect(try await fixture.preview("Id,Notes,notes\n10,3,4\n").errors.first?.code == "duplicate_column")
            #expect(try await fixture.preview("Notes\nx\n").errors.first?.code == "missing_column")
            #expect(try await fixture.preview("").errors.first?.code == "csv_empty")
            #expect(
                try await fixture.preview("Id,Notes\n10,a,b\n").errors.first?.sentence.hasPrefix("row 2, column C")
                    == true
            )
            #expect(try await fixture.preview("Id,Notes,Tags\n10,a\n").errors.first?.code == "ragged_row")
            #expect(try await fixture.preview("Id,Notes,\n10,a,b\n").errors.first?.code == "ragged_row")
            #expect(try await fixture.preview("Id,Notes,\n10,a,\n").errors.isEmpty)
        }
    }

    @Test func pricesInTheWrongUnitAreWarnedOf() async throws {
        try await SheetFixture.with { fixture in
            let preview = try await fixture.preview(
                "Id,Input price (USD per 1M tokens),Output price (USD per 1M tokens)\n10,0.0000025,0\n12,31000,1.5\n"
            )
            #expect(preview.errors.isEmpty)
            #expect(preview.warnings.map(\.code) == ["price_unit", "price_free"])
            #expect(preview.warnings.first?.message.contains("from 2.5 to 0.0000025") == true)
        }
    }

    @Test func whatASpreadsheetDoesToDigitsIsNoEdit() async throws {
        try await SheetFixture.with { fixture in
            // Excel keeps 15 digits, shows small numbers in scientific notation, and writes LF into cells.
            var cells = try Cells(try await fixture.export())
            #expect(cells[12, "Input price"] == "30000.000000000002")
            cells[12, "Input price"] = "30000"
            cells[10, "Notes"] = "two\nlines"
            let unharmed = try await fixture.preview(cells.text)
            #expect(unharmed.summary.isEmpty && unharmed.errors.isEmpty)
            #expect(unharmed.notes.map(\.code) == ["digits_lost"])
            cells[12, "Output price"] = "1.23E+00"
            let harmed = try await fixture.preview(cells.text)
            #expect(harmed.errors.first?.message.contains("has shortened 1.234 to “1.23E+00”") == true)
            cells[12, "Output price"] = "1.234E+00"
            #expect(try await fixture.preview(cells.text).errors.isEmpty)
        }
    }

    @Test func routesAndTheirMembersCanBeEdited() async throws {
        try await SheetFixture.with { fixture in
            var cells = try Cells(try await fixture.export(.routes))
            #expect(cells[5, "Members"] == "openai/gpt-4o; acme/large")
            cells[5, "Members"] = "acme/large; openai/gpt-4o-mini"
            cells[5, "Strategy"] = "Cheapest"
            let preview = try await fixture.preview(cells.text, of: .routes)
            #expect(preview.errors.isEmpty, "\(preview.remarks.map(\.sentence))")
            guard case .applied(_, .some) = try await fixture.apply(cells.text, of: .routes) else {
                throw Unexpected(description: "not applied")
            }
            let route = try #require(try await fixture.store.snapshot().routes.first)
            #expect(route.members.map(\.model) == ["acme/large", "openai/gpt-4o-mini"] && route.strategy == .cheapest)
        }
    }
}

/// Something came out otherwise than it should.
struct Unexpected: Error, CustomStringConvertible {
    let description: String
}
