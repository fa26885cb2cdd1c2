import FoundationEssentials
import JSON
import Secrets
import SystemPackage
import TestSupport
import Testing

/// `roster export` and `roster import` as a person uses them.
@Suite(.timeLimit(.minutes(5)))
struct ExchangeCommandTests {
    @Test("A table goes to a spreadsheet and comes back; exit codes say what would happen")
    func roundTrip() async throws {
        try await withDatabase { database in
            try await Folder.use { folder in
                let environment = ["DATABASE_URL": database.exposed]
                func run(_ arguments: String...) async throws -> RosterProcess.Ending {
                    try await RosterProcess.run(arguments, in: folder, environment: environment)
                }
                func file() throws -> String {
                    let url = URL(filePath: folder.path.appending("providers.csv").string)
                    return String(decoding: try Data(contentsOf: url), as: UTF8.self)
                }
                _ = try await run("migrate")
                try folder.write("new.csv", "Slug;Name\r\nacme;Acme\r\nother;Other\r\n")
                let first = try await run("import", "new.csv", "--table", "providers")
                #expect(first.code == 3, "\(first.errors)")
                #expect(first.output.contains("acme (new)"))
                #expect(first.errors.contains("roster import new.csv --table providers --apply --preview "))
                #expect(try await run("import", "new.csv", "--table", "providers", "--apply").code == 0)

                let exported = try await run(
                    "export",
                    "--table",
                    "providers",
                    "--output",
                    "providers.csv",
                    "--excel",
                    "--separator",
                    "semicolon"
                )
                #expect(exported.code == 0, "\(exported.errors)")
                #expect(try file().hasPrefix("\u{FEFF}Id (read only);Slug (set once);Name;"))
                let unchanged = try await run("import", "providers.csv", "--table", "providers")
                #expect(unchanged.code == 0 && unchanged.errors.contains("Nothing to change"), "\(unchanged.errors)")

                try folder.write("providers.csv", try file().replacing(";Acme;", with: ";Acme Inc.;"))
                let changed = try await run("import", "providers.csv", "--table", "providers", "--json")
                #expect(changed.code == 3)
                let preview = try JSONValue(parsing: changed.output.utf8)
                #expect(preview["rows"][0]["cells"][0]["new"] == "Acme Inc.")
                let name = try #require(preview["preview"]?.stringValue)
                let stale = try await run(
                    "import",
                    "providers.csv",
                    "--table",
                    "providers",
                    "--apply",
                    "--preview",
                    "00000000"
                )
                #expect(stale.code == 4, "\(stale.errors)")
                let applied = try await run(
                    "import",
                    "providers.csv",
                    "--table",
                    "providers",
                    "--apply",
                    "--preview",
                    name,
                    "--reason",
                    "renamed"
                )
                #expect(applied.code == 0 && applied.errors.contains("Done: revision"), "\(applied.errors)")

                try folder.write("wrong.csv", "Slug,Refreshed every\nacme,often\n")
                let wrong = try await run("import", "wrong.csv", "--table", "providers", "--apply")
                #expect(wrong.code == 1)
                #expect(wrong.errors.contains("row 2, column B (Refreshed every)"), "\(wrong.errors)")

                let json = try await run("export", "--table", "providers", "--provider", "acme", "--format", "json")
                let document = try JSONValue(parsing: json.output.utf8)
                #expect(document["data"][0]["name"] == "Acme Inc." && document["data"][1] == nil)
                #expect(try await run("export", "--format", "xml").code == 2)
                #expect(try await run("export", "--table", "keys").code == 2)
                #expect(try await run("export", "--columns", "Prise").errors.contains("no column “Prise”"))
                #expect(try await run("export", "--provider", "acmee").errors.contains("did you mean acme?"))
                #expect(try await run("import", "missing.csv").errors.contains("missing.csv cannot be read"))
                #expect(try await run("import", "new.csv", "--preview", "0123456789").code == 2)
            }
        }
    }
}
