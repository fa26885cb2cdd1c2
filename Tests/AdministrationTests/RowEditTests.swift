import FoundationEssentials
import HTTP
import HTTPTypes
import JSON
import Registry
import TestSupport
import Testing

@testable import Administration

/// Edits of the registry's rows over HTTP.
@Suite struct RowEditTests {
    @Test func aRowIsAddedChangedDeletedAndBroughtBack() async throws {
        try await AdministrationFixture.with { roster in
            let editor = try await roster.key("editor", "desk")
            let made = try await roster.edit(
                "models",
                #"{"provider": "openai", "provider_model_id": "house/blend 1", "pricing_prompt": 2.5e-6, "tags": ["local"]}"#,
                method: .post,
                key: editor,
                reason: "tried%20it%20%E2%80%93%20good"
            )
            #expect(made.status == 201, "\(made.text)")
            let id = try #require(made.json["row"]["id"]?.int64Value)
            #expect(made.headers[.location] == "/api/v1/registry/models/\(id)")
            #expect(made.headers[.eTag] == "\"1\"")
            #expect(made.json["row"]["pricing_prompt"] == "0.0000025")
            #expect(made.json["row"]["model_name"] == "house/blend 1")
            #expect(made.json["row"]["pinned"] == ["is_active", "model_name", "pricing_prompt", "tags"])
            #expect(made.json["in_force"] == true)
            #expect(made.headers[.xRosterRevision] == made.json["revision"]?.numberValue?.spelling)
            // In force: requests may name it at once.
            #expect(try await roster.send(.get, "/v1/models/openai/house/blend%201").status == 200)

            // By number, and by the name that people use.
            let byName = try await roster.admin(.get, "\(AdministrationFixture.rows)/models/openai%2Fhouse%2Fblend%201")
            #expect(byName.json["row"] == made.json["row"])
            #expect(byName.headers[.eTag] == "\"1\"")

            let changed = try await roster.edit(
                "models/openai%2Fhouse%2Fblend%201",
                #"{"pricing_prompt": "0.000003", "notes": "dearer", "reason": "new list"}"#,
                seen: "\"1\"",
                key: editor
            )
            #expect(changed.status == 200, "\(changed.text)")
            #expect(changed.json["row_revision"] == 2)
            #expect(changed.headers[.eTag] == "\"2\"")
            #expect(
                changed.json["changes"]
                    == [
                        ["column": "pricing_prompt", "old": "0.0000025", "new": "0.000003"],
                        ["column": "notes", "old": nil, "new": "dearer"],
                    ]
            )

            let gone = try await roster.edit("models/\(id)", "", seen: "\"2\"", method: .delete, key: editor)
            #expect(gone.status == 200 && gone.json["deleted"] == true, "\(gone.text)")
            #expect(try await roster.admin(.get, "\(AdministrationFixture.rows)/models/\(id)").code == "not_found")
            #expect(try await roster.send(.get, "/v1/models/openai/house/blend%201").status == 404)

            let history = try await roster.admin(.get, "\(AdministrationFixture.rows)/models/\(id)/history")
            let operations = history.json["data"]?.arrayValue?.map { $0["operation"]?.stringValue ?? "" }
            #expect(operations == ["delete", "update", "insert"], "\(history.text)")
            #expect(history.json["data"]?[1]?["reason"] == "new list")
            #expect(history.json["data"]?[2]?["reason"] == "tried it – good")
            #expect(history.json["data"]?[2]?["actor"]?.stringValue?.hasSuffix("(desk)") == true)

            let missed = #"{"reason": "missed"}"#
            let back = try await roster.edit("models/\(id)/restore", missed, method: .post, key: editor)
            #expect(back.status == 200, "\(back.text)")
            var row = try await roster.row("models/\(id)")
            #expect(row["pricing_prompt"] == "0.000003" && row["notes"] == "dearer")
            #expect(try await roster.edit("models/\(id)/restore", "", method: .post).status == 409)
            #expect(try await roster.edit("models/999999/restore", "", method: .post).status == 404)

            // As it was before the price changed.
            let then = try await roster.admin(
                .get,
                "\(AdministrationFixture.rows)/models/\(id)?revision=\(made.json["revision"]?.numberValue?.spelling ?? "")"
            )
            #expect(then.json["row"]["pricing_prompt"] == "0.0000025", "\(then.text)")

            let slip = try await roster.edit("models/\(id)", #"{"pricing_prompt": 5, "notes": "slip"}"#, seen: "*")
            #expect(slip.status == 200)
            let cell = "{\"table\": \"models\", \"id\": \(id), \"column\": \"pricing_prompt\"}"
            let reverted = try await roster.edit("revert", cell, method: .post, key: editor)
            #expect(reverted.status == 200, "\(reverted.text)")
            #expect(reverted.json["cells"]?[0]?["column"] == "pricing_prompt")
            #expect(reverted.json["cells"]?[0]?["old"] == "5" && reverted.json["cells"]?[0]?["new"] == "0.000003")
            row = try await roster.row("models/\(id)")
            #expect(row["pricing_prompt"] == "0.000003" && row["notes"] == "slip")
            // Taking the slip back as a whole would now lose what came after it.
            #expect(try await roster.edit("models/\(id)", #"{"pricing_prompt": 6}"#, seen: "*").status == 200)
            let revision = slip.json["revision"]?.numberValue?.spelling ?? ""
            let refused = try await roster.edit("revert", "{\"revision\": \(revision)}", method: .post, key: editor)
            #expect(refused.status == 409, "\(refused.text)")
            #expect(refused.json["error"]["details"]?[0]?["column"] == "pricing_prompt")
        }
    }

    @Test func ofTwoWritersOneWinsAndTheOtherIsTold() async throws {
        try await AdministrationFixture.with { roster in
            let id = try #require(try await roster.refreshed().first?["id"]?.int64Value)
            let row = try await roster.row("models/\(id)")
            let seen = "\"\(row["row_revision"]?.int64Value ?? 0)\""
            let ann = try await roster.key("editor", "Ann")
            let ben = try await roster.key("editor", "Ben")
            for _ in 0..<5 {
                // Both saw the same row, and both write at once.
                let now = try await roster.row("models/\(id)")
                let tag = "\"\(now["row_revision"]?.int64Value ?? 0)\""
                async let first = roster.edit("models/\(id)", #"{"pricing_prompt": "0.5"}"#, seen: tag, key: ann)
                async let second = roster.edit("models/\(id)", #"{"pricing_prompt": "0.25"}"#, seen: tag, key: ben)
                let answers = try await [first, second]
                #expect(answers.map(\.status).sorted() == [200, 409])
                let winner = try #require(answers.first { $0.status == 200 })
                let loser = try #require(answers.first { $0.status == 409 })
                let conflict = try #require(loser.json["error"]["conflict"], "\(loser.text)")
                #expect(loser.code == "conflict")
                #expect(conflict["row_revision"] == winner.json["row_revision"])
                let cell = try #require(conflict["cells"]?[0])
                #expect(cell["column"] == "pricing_prompt")
                #expect(cell["seen"] == now["pricing_prompt"])
                #expect(cell["theirs"] == winner.json["row"]["pricing_prompt"])
                #expect(cell["yours"] != cell["theirs"])
                #expect(cell["is_contested"] == true)
                let change = try #require(conflict["changes"]?[0])
                let isAnn = winner.json["row"]["pricing_prompt"] == "0.5"
                #expect(change["actor"]?.stringValue?.contains(isAnn ? "Ann" : "Ben") == true)
                #expect(loser.message.contains(isAnn ? "Ann" : "Ben"))
                #expect(change["revision"] == winner.json["revision"])
                #expect(change["at"]?.stringValue?.hasSuffix("Z") == true)
                #expect(change["cells"]["pricing_prompt"]["new"] == winner.json["row"]["pricing_prompt"])
                // Nothing was overwritten unseen; then the next round begins elsewhere.
                #expect(try await roster.row("models/\(id)")["pricing_prompt"] == cell["theirs"])
                let reset = try await roster.edit("models/\(id)", #"{"pricing_prompt": "1"}"#, seen: "*")
                #expect(reset.status == 200, "\(reset.text)")
            }
            let late = try await roster.edit("models/\(id)", "", seen: seen, method: .delete)
            #expect(late.status == 409)
            #expect(late.json["error"]["conflict"]["changes"]?.arrayValue?.count ?? 0 >= 10)
        }
    }

    @Test func anEditSaysWhatItSaw() async throws {
        try await AdministrationFixture.with { roster in
            for method in [HTTPRequest.Method.patch, .delete] {
                let body = method == .patch ? #"{"notes": "x"}"# : ""
                let bare = try await roster.edit("providers/openai", body, method: method)
                #expect(bare.status == 428)
                #expect(bare.code == "precondition_required")
                for field in ["1", "\"x\"", "\"\"", "W/\"1\"", "\"1\", \"2\"", "\"0\""] {
                    let wrong = try await roster.edit("providers/openai", body, seen: field, method: method)
                    #expect(wrong.status == 400, "\(field)")
                    #expect(wrong.json["error"]["param"] == "If-Match")
                }
            }
            #expect(try await roster.row("providers/openai")["notes"] == .null)
            #expect(try await roster.edit("providers/openai", #"{"notes": "x"}"#, seen: "*").status == 200)
        }
    }

    @Test func decimalsSurviveByteForByte() async throws {
        try await AdministrationFixture.with { roster in
            let id = try #require(try await roster.refreshed().first?["id"]?.int64Value)
            for digits in [
                "0.000000123456789012345678901234567890123456789", "123456789012345678901234567890.1", "0",
                "0.1000000000000000055511151231257827",
            ] {
                let written = try await roster.edit("models/\(id)", "{\"pricing_image\": \(digits)}", seen: "*")
                #expect(written.status == 200, "\(written.text)")
                let read = try #require(try await roster.row("models/\(id)")["pricing_image"]?.stringValue)
                #expect(read == digits)
                let again = try await roster.edit("models/\(id)", "{\"pricing_image\": \"\(read)\"}", seen: "*")
                #expect(again.json["changes"] == [])
                #expect(again.json["revision"]?.isNull == true)
                #expect(try await roster.row("models/\(id)")["pricing_image"]?.stringValue == digits)
            }
        }
    }

    @Test func aCellIsPinnedAndGivenBack() async throws {
        try await AdministrationFixture.with { roster in
            let before = try #require(try await roster.refreshed().first { $0["pricing_prompt"]?.isNull == false })
            let id = try #require(before["id"]?.int64Value)
            let told = try #require(before["pricing_prompt"]?.stringValue)
            #expect(before["pinned"] == [] && before["drifted"] == [])
            #expect(before["discovered"]?["pricing_prompt"] == .string(told))

            let typed = try await roster.edit("models/\(id)", #"{"pricing_prompt": "7"}"#, seen: "*")
            #expect(typed.json["row"]["pinned"] == ["pricing_prompt"])
            #expect(typed.json["row"]["drifted"] == ["pricing_prompt"])
            let drifted = try await roster.admin(
                .get,
                "\(AdministrationFixture.rows)/models?drifted=true&fields=id,drifted"
            )
            #expect(drifted.json["data"] == [["id": JSONValue(id), "drifted": ["pricing_prompt"]]])

            let back = try await roster.edit("models/\(id)", #"{"give_back": ["pricing_prompt"]}"#, seen: "*")
            #expect(back.json["row"]["pricing_prompt"] == .string(told), "\(back.text)")
            #expect(back.json["row"]["pinned"] == [])
            let kept = try await roster.edit("models/\(id)", #"{"pin": ["context_length"]}"#, seen: "*")
            #expect(kept.json["row"]["pinned"] == ["context_length"])
            #expect(kept.json["row"]["context_length"] == before["context_length"])
        }
    }

    @Test func aDryRunSaysTheSameAndWritesNothing() async throws {
        try await AdministrationFixture.with { roster in
            let before = try await roster.store.position().revision
            let would = try await roster.edit("providers/openai?dry_run=true", #"{"notes": "x"}"#, seen: "*")
            #expect(would.status == 200 && would.json["row"]["notes"] == "x" && would.json["dry_run"] == true)
            let made = try await roster.edit("routes?dry_run=1", #"{"name": "a", "members": ["m"]}"#, method: .post)
            #expect(made.status == 200 && made.headers[.location] == nil, "\(made.text)")
            let gone = try await roster.edit("providers/openai?dry_run", "", seen: "*", method: .delete)
            #expect(gone.json["deleted"] == false, "\(gone.text)")
            // Whoever mistypes it must not write.
            for query in ["dryrun=true", "dry_run=maybe", "dry-run"] {
                let refused = try await roster.edit("providers/openai?\(query)", #"{"notes": "x"}"#, seen: "*")
                #expect(refused.status == 400, "\(query)")
            }
            #expect(try await roster.store.position().revision == before)
        }
    }

    @Test(arguments: [
        (#"{"pricing_promt": 1}"#, 422, "pricing_promt", "did you mean “pricing_prompt”?"),
        (#"{"pricing_prompt": -1}"#, 422, "pricing_prompt", "Input price must be 0 or more."),
        (#"{"pricing_prompt": "cheap"}"#, 422, "pricing_prompt", "Input price must be a number"),
        (#"{"id": 7}"#, 422, "id", "kept by Roster"), (#"{"provider": "openai"}"#, 422, "provider", "which row it is"),
        (#"{"is_active": null}"#, 422, "is_active", "must not be empty"),
        (#"{"pin": ["notes"]}"#, 422, "notes", "cannot be pinned"), (#"{"pin": "tags"}"#, 400, "pin", "a list"),
        (#"{"notes": "a", "notes": "b"}"#, 400, "", "“notes” is there twice"),
        (#"{"metadata": {"a": 1, "a": 2}}"#, 400, "", "“a” is there twice"), ("[1]", 400, "", "an array"),
        (#"{"reason": 7}"#, 400, "reason", "a text"), (#"{"#, 400, "", "not valid JSON"),
        (#"{"tags\"; DROP TABLE models; --": 1}"#, 422, "tags\"; DROP TABLE models; --", "There is no column"),
    ])
    func whatCannotBeIsRefusedInWords(_ body: String, _ status: Int, _ param: String, _ words: String) async throws {
        try await AdministrationFixture.with { roster in
            let id = try #require(try await roster.refreshed().first?["id"]?.int64Value)
            let before = try await roster.store.position().revision
            let answer = try await roster.edit("models/\(id)", body, seen: "*")
            #expect(answer.status == status, "\(answer.text)")
            #expect(answer.message.contains(words), "\(answer.text)")
            #expect((answer.json["error"]["param"]?.stringValue ?? "") == param)
            if status == 422 {
                #expect(answer.json["error"]["details"]?[0]?["column"]?.stringValue == param)
            }
            #expect(try await roster.store.position().revision == before)
        }
    }

    @Test func scopesAreAskedFor() async throws {
        try await AdministrationFixture.with { roster in
            let reader = try await roster.key("reader", "r")
            let client = try await roster.key("inference", "c")
            let list = "\(AdministrationFixture.rows)/models"
            #expect(try await roster.send(.get, list).status == 401)
            #expect(try await roster.send(.get, list, key: client).status == 403)
            #expect(try await roster.send(.get, list, key: reader).status == 200)
            #expect(try await roster.edit("providers/openai", "{}", seen: "*", key: reader).status == 403)
            #expect(try await roster.edit("routes", #"{"name": "x"}"#, method: .post, key: reader).status == 403)
            #expect(try await roster.edit("revert", #"{"revision": 1}"#, method: .post, key: reader).status == 403)
        }
    }
}
