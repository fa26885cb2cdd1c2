import FoundationEssentials
import JSON
import Secrets
import TestSupport
import Testing

/// `roster history`, `roster revert` and `--as-of`, as somebody types them.
@Suite(.timeLimit(.minutes(3)))
struct HistoryTests {
    @Test("What happened is shown in people's units, and taken back or refused with the sentence")
    func historyAndRevert() async throws {
        try await withDatabase { database in
            try await Folder.use { folder in
                func roster(_ arguments: [String]) async throws -> RosterProcess.Ending {
                    try await RosterProcess.run(arguments, in: folder, environment: ["DATABASE_URL": database.exposed])
                }
                #expect(try await roster(["migrate"]).code == 0)
                for statement in [
                    "INSERT INTO providers (slug, name) VALUES ('one', 'One')",
                    "INSERT INTO models (provider_id, provider_model_id, model_name) VALUES (1, 'a', 'A')",
                    "UPDATE models SET pricing_prompt = 0.0000025",
                    "UPDATE models SET pricing_prompt = 0.000003",
                ] { try await execute(statement, on: database) }

                let history = try await roster(["history", "one/a"])
                #expect(history.code == 0, "\(history.errors)")
                #expect(history.output.contains("one/a  Input price (USD per 1M tokens): 2.5 → 3\n"))
                #expect(history.output.contains("one/a  Input price (USD per 1M tokens): – → 2.5\n"))
                #expect(history.output.contains("one/a (models) is there"))
                #expect(history.output.contains("sql:roster"))
                let changes = try await roster(["history", "--column", "pricing_prompt", "--limit", "1", "--json"])
                let cell = try JSONValue(parsing: changes.output.utf8)[0]?["cells"]["pricing_prompt"]
                #expect(cell?[1]?.numberValue?.spelling == "0.000003")
                #expect(try await roster(["history", "--since", "7d", "--actor", "nobody"]).output.isEmpty)

                let list = try await roster(["models", "list", "--as-of", "3", "--json"])
                let then = try JSONValue(parsing: list.output.utf8)[0]?["pricing_prompt"]?.decimalReadingStrings()
                #expect(then?.description == "0.0000025")
                let unknown = try await roster(["models", "show", "one/a", "--as-of", "99"])
                #expect(unknown.code == 1 && unknown.errors.contains("There is no revision 99; the latest is 4."))

                let refused = try await roster(["revert", "--revision", "3"])
                #expect(refused.code == 1 && refused.output.isEmpty)
                #expect(refused.errors.contains("Revision 3 cannot be undone: pricing_prompt of one/a was 0.0000025"))
                let rehearsal = try await roster(["revert", "one/a", "--column", "pricing_prompt", "--dry-run"])
                #expect(rehearsal.code == 0, "\(rehearsal.errors)")
                #expect(rehearsal.output.contains("Input price (USD per 1M tokens): 3 → 2.5"))
                #expect(rehearsal.errors.contains("nothing was changed"))
                let done = try await roster(["revert", "one/a", "--reason", "a slip", "--json"])
                #expect(try JSONValue(parsing: done.output.utf8)["revision"]?.int64Value == 5)
                let reasons = try await execute("SELECT actor, reason FROM revisions WHERE revision = 5", on: database)
                #expect(reasons.first?.hasPrefix("cli:") == true && reasons.first?.hasSuffix("|a slip") == true)
                #expect(try await roster(["revert", "--after", "1"]).output.contains("one/a (models) is gone"))
                #expect(try await roster(["revert", "one/a"]).output.contains("one/a (models) is there"))
                #expect(try await roster(["revert", "one/b"]).errors.contains("did you mean one/a?"))
            }
        }
    }

    @Test(
        "What does not go together is wrong usage",
        arguments: [
            ["revert"], ["revert", "--after", "1", "--revision", "2"],
            ["revert", "--column", "notes", "--revision", "1"],
            ["history", "--limit", "0"], ["history", "--since", "soon"], ["models", "--as-of", "soon"],
        ]
    )
    func wrongUsage(arguments: [String]) async throws {
        try await Folder.use { folder in
            let ending = try await RosterProcess.run(arguments, in: folder)
            #expect(ending.code == 2 && ending.errors.hasPrefix("roster: "), "\(ending.errors)")
        }
    }
}
