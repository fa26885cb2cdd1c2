import JSON
import Postgres
import Registry
import Testing

@testable import Exchange

/// Files of two people at once, and files that have become old.
@Suite struct ConflictTests {
    @Test func othersEditsAreKeptAndContestedCellsAreNamed() async throws {
        try await SheetFixture.with { fixture in
            var cells = try Cells(try await fixture.export())
            _ = try await fixture.store.edit(
                [
                    RowEdit(
                        .update(id: 10),
                        of: .models,
                        set: ["pricing_prompt": "0.000003", "context_length": 64_000, "notes": "theirs"]
                    )
                ],
                as: SheetFixture.bo
            )
            // Untouched since: nothing of Bo's is taken back.
            #expect(try await fixture.preview(cells.text).summary.isEmpty)
            #expect(try await fixture.preview(cells.text).errors.isEmpty)
            // Another cell of the same row: both edits stay.
            cells[10, "Tools"] = "FALSE"
            let other = try await fixture.preview(cells.text)
            #expect(other.errors.isEmpty && other.summary == ["3 supports_tools: TRUE -> FALSE"])
            // The same value as theirs is no conflict.
            cells[10, "Context length"] = "64000"
            #expect(try await fixture.preview(cells.text).errors.isEmpty)
            // The same cell with another value is.
            cells[10, "Input price"] = "2.8"
            let contested = try await fixture.preview(cells.text)
            #expect(contested.errors.map(\.code) == ["conflict"])
            let sentence = try #require(contested.errors.first?.sentence)
            for words in [
                "row 3, column ", "bo changed it from “2.5” to “3” at 2", "call with the provider", "“2.8”", "to 2.",
            ] {
                #expect(sentence.contains(words), "\(words) is not in \(sentence)")
            }
            guard case .refused = try await fixture.apply(cells.text) else {
                throw Unexpected(description: "not refused")
            }
            // Knowingly: the row revision that is there now.
            cells[10, "Row revision"] = "2"
            cells[10, "Notes"] = "theirs"
            cells[10, "Pinned"] = try Cells(try await fixture.export())[10, "Pinned"]
            let knowingly = try await fixture.preview(cells.text)
            #expect(knowingly.errors.isEmpty, "\(knowingly.errors.map(\.sentence))")
            #expect(knowingly.summary.contains("3 pricing_prompt: 3 -> 2.8"))
        }
    }

    @Test func aFileWithoutRowRevisionsIsComparedWithWhatIsThereNow() async throws {
        try await SheetFixture.with { fixture in
            _ = try await fixture.store.edit(
                [RowEdit(.update(id: 10), of: .models, set: ["pricing_prompt": "0.000003"])],
                as: SheetFixture.bo
            )
            let preview = try await fixture.preview("Id,Input price (USD per 1M tokens)\n10,2.5\n")
            #expect(preview.errors.isEmpty && preview.summary == ["2 pricing_prompt: 3 -> 2.5"])
        }
    }

    @Test func aPreviewHoldsForWhatWasSeen() async throws {
        try await SheetFixture.with { fixture in
            let text = "Id,Notes\n10,mine\n11,mine as well\n"
            let preview = try await fixture.preview(text)
            // Something else moves: what was seen is still what would be done.
            _ = try await fixture.store.edit(
                [RowEdit(.update(id: 12), of: .models, set: ["notes": "unrelated"])],
                as: SheetFixture.bo
            )
            #expect(try await fixture.preview(text).digest == preview.digest)
            // A cell that was seen moves.
            _ = try await fixture.store.edit(
                [RowEdit(.update(id: 10), of: .models, set: ["notes": "theirs"])],
                as: SheetFixture.bo
            )
            let before = try await fixture.revision
            guard case .stale(let now) = try await fixture.apply(text, seen: preview.digest) else {
                throw Unexpected(description: "not stale")
            }
            #expect(now.summary.contains("2 notes: theirs -> mine"))
            #expect(try await fixture.revision == before)
            guard case .applied = try await fixture.apply(text, seen: now.digest) else {
                throw Unexpected(description: "not applied")
            }
        }
    }

    @Test func ofTwoPeopleWhoImportAtOnceOneIsTold() async throws {
        try await SheetFixture.with { fixture in
            let mine = "Id,Notes\n10,annas\n11,annas\n"
            let theirs = "Id,Notes\n11,bos\n12,bos\n"
            let (left, right) = (try await fixture.preview(mine), try await fixture.preview(theirs))
            let before = try await fixture.revision
            async let first = fixture.apply(mine, seen: left.digest)
            async let second = fixture.apply(theirs, seen: right.digest, as: SheetFixture.bo)
            let outcomes = [try await first, try await second]
            let applied = outcomes.filter { if case .applied(_, .some) = $0 { true } else { false } }
            let stale = outcomes.filter { if case .stale = $0 { true } else { false } }
            #expect(applied.count == 1 && stale.count == 1)
            #expect(try await fixture.revision == before + 1)
            let notes = try await fixture.store.content(of: .models).rows.compactMap { $0["notes"]?.stringValue }
            #expect(notes.count { $0 == "annas" } == (notes.contains("bos") ? 0 : 2))
            #expect(notes.count { $0 == "bos" } == (notes.contains("annas") ? 0 : 2))
        }
    }

    @Test func aRowThatIsGoneIsNotMadeAnewByAccident() async throws {
        try await SheetFixture.with { fixture in
            let file = try Cells(try await fixture.export(columns: ["Notes"]))
            _ = try await fixture.client.query("DELETE FROM models WHERE id = 11")
            let preview = try await fixture.preview(file.text)
            #expect(preview.errors.map(\.code) == ["not_found"])
            #expect(preview.summary.isEmpty)
        }
    }
}
