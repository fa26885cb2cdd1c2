import Exchange
import FoundationEssentials
import JSON
import Postgres
import Registry
import Testing

@Suite struct PlanTests {
    private static let anna = Authorship(actor: "anna")

    /// A small registry as rows: a provider, models, a route.
    private static func contents(
        _ models: [JSONObject],
        providers: [JSONObject] = [["slug": "openai", "name": "OpenAI", "is_active": true, "adapter": "openai"]],
        routes: [JSONObject] = []
    ) -> RegistryContents {
        func numbered(_ rows: [JSONObject]) -> [JSONObject] {
            rows.enumerated().map { number, row in
                var row = row
                row["id"] = JSONValue(number + 1)
                row["row_revision"] = JSONValue(number + 5)
                if row["is_active"] == nil { row["is_active"] = true }
                return row
            }
        }
        return RegistryContents(
            revision: 9,
            rows: ["providers": numbered(providers), "models": numbered(models), "routes": numbered(routes)]
        )
    }

    private static func model(_ name: String, _ others: JSONObject = [:]) -> JSONObject {
        var row: JSONObject = ["provider": "openai", "provider_model_id": .string(name), "model_name": .string(name)]
        row.merge(others)
        return row
    }

    private static func plan(
        _ rows: [JSONObject],
        _ table: RegistryTable = .models,
        to contents: RegistryContents,
        prunes: Bool = false
    ) throws -> Plan {
        var rules = Plan.Rules()
        rules.prunes = prunes
        let document: JSONValue = [
            "format": "roster-catalogue", "version": 1,
            "tables": .object([table.name: .array(rows.map { .object($0) })]),
        ]
        return Plan(from: try Catalogue(document, named: "file"), to: contents, rules: rules)
    }

    // MARK: Dangers

    @Test(
        arguments: [
            (["is_active": true], ["is_active": false], .critical, "the model is switched off"),
            (["is_active": false], ["is_active": true], .notable, "switched on"),
            (["supports_tools": true], ["supports_tools": false], .critical, "Tools is lost"),
            (["supports_tools": true], ["supports_tools": nil], .critical, "Tools is lost"),
            (["supports_tools": false], ["supports_tools": true], .notable, "Tools no → yes"),
            (["input_modalities": ["text", "image"]], ["input_modalities": ["text"]], .critical, "image is lost"),
            (["input_modalities": ["text"]], ["input_modalities": ["text", "image"]], .notable, "image"),
            (["context_length": 128_000], ["context_length": 64_000], .critical, "Context length 128000 → 64000"),
            (["context_length": 64_000], ["context_length": 128_000], .notable, "128000"),
            (["pricing_prompt": "0.0000025"], ["pricing_prompt": "0.00000275"], .critical, "(+10 %)"),
            (
                ["pricing_prompt": "0.0000025"], ["pricing_prompt": "0.0000027"], .notable,
                "Input price 2.5 USD per 1M tokens → 2.7 USD per 1M tokens (+8 %)"
            ),
            (["pricing_prompt": "0.000003"], ["pricing_prompt": "0.000002"], .notable, "(-33.33 %)"),
            (["pricing_prompt": "0"], ["pricing_prompt": "0.000002"], .critical, "no longer free"),
            (["pricing_prompt": "0.000002"], ["pricing_prompt": nil], .notable, "unknown"),
            (["is_recommended": false], ["is_recommended": true], .notable, "Recommended no → yes"),
            (["description": "a"], ["description": "b"], .harmless, "Description “a” → “b”"),
            (["tags": []], ["tags": ["x"]], .harmless, "Tags none → x"),
        ] as [(JSONObject, JSONObject, Plan.Danger, String)]
    ) func everyCellHasItsDanger(_ old: JSONObject, _ new: JSONObject, _ danger: Plan.Danger, _ words: String) throws {
        let plan = try Self.plan([Self.model("a", new)], to: Self.contents([Self.model("a", old)]))
        #expect(plan.differences.map(\.danger) == [danger])
        #expect(plan.differences.first?.message.contains(words) == true, "\(plan.differences.first?.message ?? "")")
        #expect(plan.edits.map(\.set) == [new])
        #expect(plan.edits.first?.rowRevision == 5)
    }

    @Test func aRouteThatBreaksIsCritical() throws {
        let members: JSONValue = [["model": "a", "weight": 1], ["model": "openai/b", "weight": 1]]
        let contents = Self.contents(
            [Self.model("a"), Self.model("b"), Self.model("c")],
            routes: [["name": "fast", "members": members], ["name": "off", "members": members, "is_active": false]]
        )
        let one = try Self.plan([Self.model("a", ["is_active": false])], to: contents)
        #expect(
            one.differences(.critical).map(\.message) == [
                "openai/a: the model is switched off", "fast: its member a stands for no active model",
            ]
        )
        let both = try Self.plan([Self.model("c")], to: contents, prunes: true)
        #expect(both.differences(.critical).last?.message == "fast: no model is left that the route could use")
        let provider: JSONObject = ["slug": "openai", "is_active": false]
        let whole = try Self.plan([provider], .providers, to: contents)
        #expect(whole.differences(.critical).first?.message == "openai: the provider is switched off")
        #expect(whole.differences(.critical).count == 4)
        let misspelled = try Self.plan([["name": "fast", "members": ["openai/a", "x"]]], .routes, to: contents)
        #expect(misspelled.differences(.critical).map(\.message) == ["fast: its member x stands for no active model"])
        #expect(misspelled.differences(.notable).count == 1)
    }

    @Test func whatTheCatalogueLacksStaysUnlessPruned() throws {
        let contents = Self.contents([Self.model("a"), Self.model("b"), Self.model("c", ["is_active": false])])
        #expect(try Self.plan([Self.model("a")], to: contents).isEmpty)
        let plan = try Self.plan([Self.model("a")], to: contents, prunes: true)
        #expect(plan.edits.map(\.set) == [["is_active": false]])
        #expect(plan.edits.first?.key == ["provider": "openai", "provider_model_id": "b"])
        #expect(plan.differences.map(\.danger) == [.critical])
    }

    @Test func pinsTravel() throws {
        let contents = Self.contents([
            Self.model("a", ["description": "d", "pinned": ["tags"]]), Self.model("b", ["pinned": ["description"]]),
        ])
        let plan = try Self.plan(
            [
                Self.model("a", ["description": "d", "pinned": ["description"]]), Self.model("b", ["pinned": []]),
                Self.model("new", ["description": "n", "context_length": 7, "pinned": ["description", "size_b"]]),
            ],
            to: contents
        )
        #expect(plan.edits.count == 2)
        #expect(plan.edits[0].pin == ["description"])
        #expect(plan.edits[0].set.isEmpty)
        #expect(plan.edits[1].pin == ["description", "size_b"])
        #expect(plan.edits[1].free.contains("context_length") && plan.edits[1].free.contains("is_active"))
        #expect(!plan.edits[1].free.contains("description"))
    }

    // MARK: Documents

    @Test func aPlanIsReadAgainAndNoticesWhoeverChangesIt() throws {
        let plan = try Self.plan(
            [Self.model("a", ["pricing_prompt": "0.1"]), Self.model("b", ["tags": ["x"]])],
            to: Self.contents([Self.model("a", ["pricing_prompt": "0.09"])])
        )
        let text = plan.json.serializedString(.pretty)
        let read = try Plan(parsing: Array(text.utf8))
        #expect(read.json == plan.json)
        #expect(read.digest == plan.digest)
        // Layout and the order of members are not what it says.
        #expect(try Plan(parsing: plan.json.serialized(.canonical)).digest == plan.digest)
        for (from, to) in [
            ("\"0.1\"", "\"0.2\""), ("\"base_revision\": 9", "\"base_revision\": 10"), ("sha256:", "sha256:0"),
        ] {
            let changed = text.replacing(from, with: to)
            #expect(changed != text)
            #expect(throws: Plan.Damaged.self) { try Plan(parsing: Array(changed.utf8)) }
        }
        #expect(throws: Plan.Damaged.self) { try Plan(parsing: Array("{}".utf8)) }
        #expect(throws: Plan.Damaged.self) { try Plan(parsing: Array("[".utf8)) }
    }

    @Test(
        arguments: [
            ("[]", "must be an object with “format”"),
            (#"{"format":"roster-catalogue","version":2,"tables":{}}"#, "use a newer roster"),
            (#"{"format":"roster-catalogue","version":1,"tables":{"keys":[]}}"#, "a table “keys”"),
            (#"{"format":"roster-catalogue","version":1,"tables":{"models":{}}}"#, "must be an array"),
            (
                #"{"format":"roster-catalogue","version":1,"tables":{"models":[{"provider":"p"}]}}"#,
                "row 1 of models does not say which model it is"
            ),
            (
                #"{"format":"roster-catalogue","version":1,"tables":{"routes":[{"name":"a"},{"name":"a"}]}}"#,
                "the route a is there twice"
            ),
            (
                #"{"format":"roster-catalogue","version":1,"tables":{"routes":[{"name":"a","x":1}]}}"#,
                "a column “x”, which there is not"
            ),
            (
                #"{"format":"roster-catalogue","version":1,"tables":{"models":[{"provider":"p","provider_model_id":"m","context_length":"x"}]}}"#,
                "p/m: Context length must be"
            ),
        ] as [(String, String)]
    ) func catalogueProblemsNameTheRow(_ text: String, _ words: String) throws {
        let error = try #require(throws: CatalogueError.self) {
            try Catalogue(parsing: Array(text.utf8), named: "c.json")
        }
        #expect(error.description.hasPrefix("c.json"))
        #expect(error.description.contains(words), "\(error)")
    }

    // MARK: Applying

    @Test func aPlanThatIsAppliedLeavesNothingToPlan() async throws {
        let seed = Randomness.seed(for: "aPlanThatIsAppliedLeavesNothingToPlan")
        try await MigratedDatabase.with { target, client in
            var random = Randomness(seed: seed)
            for round in 0..<25 {
                let catalogue = try RandomCatalogue.make(&random)
                var rules = Plan.Rules()
                rules.prunes = random.next() % 2 == 0
                // People and refreshes work in the target too.
                if round % 3 == 1 {
                    _ = try await client.query(
                        "UPDATE models SET pinned = '{}', description = 'by hand' WHERE id % 3 = \(Int64(round % 3))"
                    )
                }
                let before = try await target.contents()
                let plan = Plan(from: catalogue, to: before, rules: rules)
                let read = try Plan(parsing: plan.json.serialized())
                let revision = try await PlanApplication(store: target).apply(read, as: Self.anna)
                let after = try await target.contents()
                let isEmpty = plan.isEmpty
                #expect((revision == nil) == isEmpty, "seed \(seed), round \(round)")
                #expect(after.revision == before.revision + (plan.isEmpty ? 0 : 1))
                let again = Plan(from: catalogue, to: after, rules: rules)
                let isDone = again.isEmpty
                #expect(isDone, "seed \(seed), round \(round): \(again.differences.prefix(3).map(\.message))")
                // What travelled from there travels on: a third registry becomes the same.
                let copy = Plan(from: Catalogue(after, source: "copy"), to: after)
                let isSame = copy.isEmpty
                #expect(isSame, "seed \(seed), round \(round): \(copy.differences.prefix(3).map(\.message))")
            }
        }
    }

    @Test func newRowsArePinnedAsTheyWereElsewhere() async throws {
        try await MigratedDatabase.with { target, client in
            _ = try await client.query("INSERT INTO providers (slug, name) VALUES ('openai', 'OpenAI')")
            let plan = try Self.plan(
                [Self.model("new", ["description": "n", "context_length": 7, "pinned": ["description", "size_b"]])],
                to: try await target.contents()
            )
            let revision = try await PlanApplication(store: target).apply(plan, as: Self.anna)
            #expect(revision == 2)
            let row = try await target.contents().rows(of: .models).first
            #expect(row?["pinned"] == ["description", "size_b"])
            #expect(row?["context_length"] == 7)
        }
    }

    @Test func aStalePlanIsRefusedAndSaysWhoMovedTheRegistry() async throws {
        try await MigratedDatabase.with { target, client in
            _ = try await client.query("INSERT INTO providers (slug, name) VALUES ('openai', 'OpenAI')")
            let plan = try Self.plan([Self.model("a")], to: try await target.contents())
            _ = try await target.edit(
                [RowEdit(.create, of: .routes, set: ["name": "r"])],
                as: Authorship(actor: "berta", reason: "a route")
            )
            let error = await #expect(throws: PlanApplication.Stale.self) {
                try await PlanApplication(store: target).apply(plan, as: Self.anna)
            }
            #expect(error?.base == 1)
            #expect(error?.revision == 2)
            #expect(error?.description.contains("revision 2 by berta") == true)
            #expect(error?.description.contains("a route") == true)
            #expect(try await target.contents().rows(of: .models).isEmpty)
            let ahead = try Plan(parsing: Self.plan([Self.model("a")], to: Self.contents([])).json.serialized())
            let other = await #expect(throws: PlanApplication.Stale.self) {
                try await PlanApplication(store: target).apply(ahead, as: Self.anna)
            }
            #expect(other?.description.contains("belongs to another registry") == true)
        }
    }

    /// Many apply plans for the same revision at the same time, while others edit: never two, never on another's work.
    @Test func onlyOneOfManyWins() async throws {
        try await MigratedDatabase.with { target, client in
            _ = try await client.query("INSERT INTO providers (slug, name) VALUES ('openai', 'OpenAI')")
            for round in 0..<5 {
                let base = try await target.contents()
                let plans = try (0..<6).map { try Self.plan([Self.model("\(round)-\($0)")], to: base) }
                let revisions = try await withThrowingTaskGroup(of: Int64?.self) { group in
                    for plan in plans {
                        group.addTask {
                            do {
                                return try await PlanApplication(store: target).apply(plan, as: Self.anna)
                            } catch is PlanApplication.Stale {
                                return nil
                            }
                        }
                    }
                    var revisions: [Int64] = []
                    for try await revision in group { if let revision { revisions.append(revision) } }
                    return revisions
                }
                #expect(revisions == [base.revision + 1])
                #expect(try await target.contents().rows(of: .models).count == round + 1)
            }
        }
    }

    @Test func theBaseIsCheckedWhereTheRevisionIsNumbered() async throws {
        try await MigratedDatabase.with { target, _ in
            let create = RowEdit(.create, of: .routes, set: ["name": "a"])
            await #expect(throws: BaseMoved.self) { try await target.edit([create], as: Self.anna, onlyAfter: 7) }
            let tried = try await target.edit([create], as: Self.anna, isDryRun: true, onlyAfter: 0)
            #expect(tried.revision == nil)
            let made = try await target.edit([create], as: Self.anna, onlyAfter: 0)
            #expect(made.revision == 1)
            let contents = try await target.contents()
            #expect(contents.revision == 1)
        }
    }
}
