import HTTP
import HTTPTypes
import JSON
import Registry
import TestSupport
import Testing

@testable import Administration

/// Edits of many rows at once: whole, or absent.
@Suite struct BulkEditTests {
    private func body(_ edits: [String], reason: String? = nil) -> String {
        let reason = reason.map { "\"reason\": \"\($0)\", " } ?? ""
        return "{\(reason)\"edits\": [\(edits.joined(separator: ", "))]}"
    }

    @Test func manyRowsAreOneRevision() async throws {
        try await AdministrationFixture.with { roster in
            let rows = try await roster.refreshed()
            let edits = try rows.map { row in
                let id = try #require(row["id"]?.int64Value)
                let seen = try #require(row["row_revision"]?.int64Value)
                return "{\"id\": \(id), \"row_revision\": \(seen), \"set\": {\"notes\": \"all of them\"}}"
            }
            let before = try await roster.store.position().revision
            let would = try await roster.edit("models?dry_run=true", self.body(edits))
            #expect(would.status == 200, "\(would.text.prefix(500))")
            #expect(would.json["rows"]?.arrayValue?.count == rows.count)
            #expect(try await roster.store.position().revision == before)

            let done = try await roster.edit("models", self.body(edits, reason: "spring clean"))
            #expect(done.status == 200, "\(done.text.prefix(500))")
            #expect(done.json["revision"]?.int64Value == before + 1)
            #expect(done.json["in_force"] == true)
            let first = try #require(done.json["rows"]?[0])
            #expect(first["changes"] == [["column": "notes", "old": nil, "new": "all of them"]])
            #expect(first["row_revision"]?.int64Value == rows[0]["row_revision"]?.int64Value.map { $0 + 1 })
            let revision = try await roster.admin(.get, "\(AdministrationFixture.rows)/revisions/\(before + 1)?limit=5")
            #expect(revision.json["reason"] == "spring clean")
            #expect(revision.json["changes"]["data"]?.arrayValue?.count == 5)
            #expect(revision.json["changes"]["next"]?.isNull == false)

            // One word takes all of it back.
            let reverted = try await roster.edit("revert", "{\"revision\": \(before + 1)}", method: .post)
            #expect(reverted.status == 200, "\(reverted.text.prefix(500))")
            let left = try await roster.admin(.get, "\(AdministrationFixture.rows)/models?notes.is=notnull")
            #expect(left.json["total"] == 0)
        }
    }

    @Test func everyBadCellIsNamedAndNothingIsChanged() async throws {
        try await AdministrationFixture.with { roster in
            let rows = try await roster.refreshed()
            let ids = rows.compactMap { $0["id"]?.int64Value }
            let seen = rows.compactMap { $0["row_revision"]?.int64Value }
            try #require(ids.count >= 4)
            // Somebody was faster with the third.
            #expect(try await roster.edit("models/\(ids[2])", #"{"notes": "mine"}"#, seen: "*").status == 200)
            let before = try await roster.store.position().revision
            let answer = try await roster.edit(
                "models",
                self.body([
                    "{\"id\": \(ids[0]), \"row_revision\": \(seen[0]), \"set\": {\"notes\": \"fine\"}}",
                    """
                    {"id": \(ids[1]), "row_revision": \(seen[1]),
                     "set": {"pricing_prompt": -1, "context_length": 0, "colour": "red", "is_active": "perhaps"}}
                    """,
                    "{\"id\": \(ids[2]), \"row_revision\": \(seen[2]), \"set\": {\"notes\": \"yours\"}}",
                    "{\"id\": 999999, \"row_revision\": 1, \"set\": {\"notes\": \"x\"}}",
                    "{\"id\": \(ids[3]), \"row_revision\": \"*\", \"set\": {}, \"pin\": [\"notes\"]}",
                ])
            )
            #expect(answer.status == 422, "\(answer.text)")
            #expect(answer.code == "invalid_edits")
            let details = try #require(answer.json["error"]["details"]?.arrayValue)
            let found = Set(
                details.map { detail in
                    "\(detail["index"]?.int64Value ?? -1) \(detail["column"]?.stringValue ?? "-") "
                        + (detail["code"]?.stringValue ?? "")
                }
            )
            #expect(
                found == [
                    "1 pricing_prompt invalid_value", "1 context_length invalid_value", "1 colour unknown_column",
                    "1 is_active invalid_value", "2 - conflict", "3 - not_found", "4 notes invalid_value",
                ],
                "\(answer.text)"
            )
            let price = details.first { $0["column"] == "pricing_prompt" }
            #expect(price?["message"] == "Input price must be 0 or more. Leave it empty if unknown.")
            #expect(price?["id"]?.int64Value == ids[1])
            let conflict = try #require(details.first { $0["code"] == "conflict" }?["conflict"])
            #expect(conflict["cells"]?[0]?["theirs"] == "mine" && conflict["cells"]?[0]?["yours"] == "yours")
            #expect(try await roster.store.position().revision == before)
            #expect(try await roster.row("models/\(ids[0])")["notes"] == .null)
        }
    }

    @Test func conflictsAloneAreAConflict() async throws {
        try await AdministrationFixture.with { roster in
            let rows = try await roster.refreshed()
            let ids = rows.prefix(2).compactMap { $0["id"]?.int64Value }
            let edits = ids.map { "{\"id\": \($0), \"row_revision\": 99, \"set\": {\"notes\": \"x\"}}" }
            let answer = try await roster.edit("models", self.body(edits))
            #expect(answer.status == 409, "\(answer.text)")
            #expect(answer.json["error"]["details"]?.arrayValue?.count == 2)
            let none = try await roster.edit("models", self.body(["{\"id\": 999999, \"row_revision\": 1}"]))
            #expect(none.status == 404)
        }
    }

    @Test(arguments: [
        ("{}", "edits"), (#"{"edits": {}}"#, "edits"), (#"{"edits": [1]}"#, "edits"),
        (#"{"edits": [{}]}"#, "edits[0].id"),
        (#"{"edits": [{"id": 1}]}"#, "edits[0].row_revision"),
        (#"{"edits": [{"id": 1, "row_revision": "1"}]}"#, "edits[0].row_revision"),
        (#"{"edits": [{"id": 1, "row_revision": 1, "set": []}]}"#, "edits[0].set"),
        (#"{"edits": [{"id": 1, "row_revision": 1, "sets": {}}]}"#, "edits[0].sets"),
        (#"{"edits": [], "extra": 1}"#, "extra"),
    ])
    func theShapeOfTheBodyIsChecked(_ body: String, _ param: String) async throws {
        try await AdministrationFixture.with { roster in
            let answer = try await roster.edit("models", body)
            #expect(answer.status == 400, "\(answer.text)")
            #expect(answer.json["error"]["param"]?.stringValue == param, "\(answer.text)")
        }
    }

    @Test func tooManyIsRefused() async throws {
        try await AdministrationFixture.with { roster in
            let edit = #"{"id": 1, "row_revision": 1}"#
            let many = try await roster.edit("models", self.body([String](repeating: edit, count: 10_001)))
            #expect(many.status == 400 && many.message.contains("10000"), "\(many.text.prefix(300))")
            let large = "{\"notes\": \"\(String(repeating: "x", count: 1 << 20))\"}"
            #expect(try await roster.edit("providers/openai", large, seen: "*").status == 413)
        }
    }
}
