import JSON
import Registry
import Testing

@testable import Exchange

/// Files as spreadsheets save them, byte by byte.
@Suite struct SpreadsheetTests {
    @Test func aFileThatAGermanExcelHasOpenedAndSavedChangesNothing() async throws {
        try await SheetFixture.with { fixture in
            let file = try await fixture.export(dialect: CSVDialect(separator: .semicolon), hasByteOrderMark: true)
            var cells = try Cells(file)
            #expect(cells[10, "Input price"] == "2,5" && cells[10, "Tools"] == "TRUE")
            // What Excel does when it saves “CSV UTF-8”: its own words for truth, the country's days, 15 digits, LF in cells.
            for index in cells.rows.indices.dropFirst() {
                for place in cells.rows[index].indices {
                    cells.rows[index][place] = Self.saved(cells.rows[index][place])
                }
            }
            cells[12, "Input price"] = "30000"
            #expect(cells[11, "Deprecated from"] == "21.11.2026" && cells[12, "Active"] == "WAHR")
            let saved = [0xEF, 0xBB, 0xBF] + Array(cells.text.utf8) + Array(";;;;;\r\n\r\n".utf8)
            let sheet = try await Sheet(csv: saved, of: .models)
            #expect(sheet.dialect == CSVDialect(separator: .semicolon, decimalMark: .comma))
            let preview = try await fixture.importer.preview(sheet, as: SheetFixture.anna)
            #expect(preview.summary.isEmpty, "\(preview.summary)")
            #expect(preview.remarks.map(\.code) == ["digits_lost"], "\(preview.remarks.map(\.sentence))")
        }
    }

    private static func saved(_ cell: String) -> String {
        switch cell {
        case "TRUE": "WAHR"
        case "FALSE": "FALSCH"
        case "2026-11-21": "21.11.2026"
        default: cell.replacing("\r\n", with: "\n")
        }
    }

    @Test func unicodeTextOfExcelIsRead() async throws {
        try await SheetFixture.with { fixture in
            // “Unicode text”: UTF-16 with its mark, tabs, quotes only where a cell has quotes or line ends.
            let text = "Id\tNotes\tInput price (USD per 1M tokens)\r\n12\t\"größer\nals „groß“\"\t1,5\r\n"
            let sheet = try await Sheet(csv: NastyText.utf16(text, isLittleEndian: true), of: .models)
            let preview = try await fixture.importer.preview(sheet, as: SheetFixture.anna)
            #expect(preview.errors.isEmpty)
            #expect(
                preview.summary == [
                    "2 notes:  -> größer\nals „groß“", "2 pricing_prompt: 30000.000000000002 -> 1.5",
                ]
            )
        }
    }

    @Test func aFileInTheEncodingOfTheCountryIsRefusedWithWhatToDo() async throws {
        try await SheetFixture.with { fixture in
            // Windows-1252, as Excel's plain “CSV” is.
            let bytes = Array("Id;Notes\r\n10;ok\r\n11;gr".utf8) + [0xF6, 0xDF] + Array("er\r\n".utf8)
            let sheet = try await Sheet(csv: bytes, of: .models)
            let preview = try await fixture.importer.preview(sheet, as: SheetFixture.anna)
            #expect(preview.errors.count == 1 && preview.summary.isEmpty)
            let sentence = try #require(preview.errors.first?.sentence)
            #expect(sentence.hasPrefix("row 3, column B: The cell is not UTF-8"))
            #expect(sentence.contains("choose “Save As” and the type “CSV UTF-8"))
        }
    }

    @Test func aHeaderTellsWhatIsReadOnly() async throws {
        try await SheetFixture.with { fixture in
            let cells = try Cells(try await fixture.export())
            #expect(cells.rows[0].first == "Id (read only)")
            #expect(cells.rows[0].last == "Row revision (read only)")
            for heading in ["Provider (set once)", "API name (set once)", "Pinned (read only)", "Drifted (read only)"] {
                #expect(cells.rows[0].contains(heading))
            }
            #expect(cells.rows[0].contains("Output price (USD per 1M tokens)"))
            #expect(!cells.rows[0].contains { $0.hasPrefix("Discovered") })
            #expect(cells[10, "Pinned"].split(separator: "; ").contains("Input price"))
        }
    }
}
