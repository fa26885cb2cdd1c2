import Exchange
import FoundationEssentials
import JSON
import Registry
import Testing

/// The file of the mission, word for word.
let missionFile = """
    models:
      # Model ID to configuration mapping
      openai_gpt-4:
        provider: openai
        type: openai
        size_b: 1760  # Estimated size in billions of parameters
        config:
          model_name: gpt-4
          # Provider-specific config

      my_custom_model:
        provider: huggingface
        type: huggingface
        size_b: 13
        config:
          model_name: myorg/my-custom-model
          device: cuda
          load_in_8bit: true

    preferences:
      default: gpt-4o-mini  # Default model for general use
      fallback:  # Fallback chain if default unavailable
        - gpt-3.5-turbo
        - claude-3-haiku
        - gemini-1.5-flash

    cost_optimized:  # Models optimized for cost
      - gpt-4o-mini
      - claude-3-haiku
      - gemini-1.5-flash

    performance_optimized:  # Models optimized for quality
      - gpt-4
      - claude-3-opus
      - gemini-2.5-pro

    """

@Suite struct ModelsFileTests {
    /// A registry that was never in a database.
    private static func contents(_ models: [JSONObject], routes: [JSONObject] = []) -> RegistryContents {
        let slugs = Set(models.compactMap { $0["provider"]?.stringValue }).union(["openai", "huggingface"]).sorted()
        return RegistryContents(
            revision: 7,
            rows: [
                "providers": slugs.enumerated().map { number, slug in
                    ["id": JSONValue(number + 1), "slug": .string(slug), "adapter": .string(slug), "is_active": true]
                },
                "models": models.enumerated().map { number, model in
                    var row = model
                    row["id"] = JSONValue(number + 100)
                    row["row_revision"] = 1
                    if row["is_active"] == nil { row["is_active"] = true }
                    return row
                },
                "routes": routes,
            ]
        )
    }

    private static func model(_ name: String, _ others: JSONObject = [:]) -> JSONObject {
        let parts = name.split(separator: "/", maxSplits: 1).map(String.init)
        var row: JSONObject = ["provider": .string(parts[0]), "provider_model_id": .string(parts[1])]
        row.merge(others)
        return row
    }

    private static func chat(_ name: String, _ price: String, _ others: JSONObject = [:]) -> JSONObject {
        var row = self.model(
            name,
            [
                "pricing_prompt": .string(price), "pricing_completion": .string(price), "context_length": 128_000,
                "supports_tools": true, "output_modalities": ["text"],
            ]
        )
        row.merge(others)
        return row
    }

    private func file(_ text: String) throws -> ModelsFile { try ModelsFile(parsing: Array(text.utf8)) }

    // MARK: Reading

    @Test func missionFileIsRead() throws {
        let file = try self.file(missionFile)
        #expect(file.problems.isEmpty)
        let entries = file.entries
        #expect(entries.map(\.id) == ["openai_gpt-4", "my_custom_model"])
        #expect(entries.map(\.qualifiedName) == ["openai/gpt-4", "huggingface/myorg/my-custom-model"])
        #expect(
            entries.map(\.size) == [.init(billions: 1760, isEstimated: false), .init(billions: 13, isEstimated: false)]
        )
        #expect(try entries[1].ownConfig.json() == ["device": "cuda", "load_in_8bit": true])
        #expect(file[.default]?.scalar == .text("gpt-4o-mini"))
        #expect(
            file[.performanceOptimized]?.list?.compactMap(\.scalar?.name) == [
                "gpt-4", "claude-3-opus", "gemini-2.5-pro",
            ]
        )
    }

    @Test(
        arguments: [
            ("[1]\n", "line 1, column 1", "the file must be a mapping"),
            ("models: 7\n", "line 1, column 9", "“models” must be a mapping, and it is “7”"),
            ("models:\n  a: b\n", "line 2, column 6", "the entry of “a” must be a mapping"),
            ("models:\n  a: {type: x, config: {model_name: m}}\n", "line 2, column 6", "does not say its “provider”"),
            ("models:\n  a: {provider: p}\n", "line 2, column 6", "does not say its “model_name”"),
            ("models:\n  a: {provider: p, config: 7}\n", "line 2, column 28", "“config” of “a” must be a mapping"),
            (
                "models:\n  a:\n    provider: p\n    size_b: big\n    config: {model_name: m}\n", "line 4, column 13",
                "must be a number above 0, in billions, and it is “big”"
            ),
            (
                "models:\n  a: {provider: p, config: {model_name: m}}\n  b: {provider: p, config: {model_name: m}}\n",
                "line 3, column 6", "“b” is the same model as “a” (line 2): p/m"
            ),
            ("preferences:\n  fallback:\n    - [x]\n", "line 3, column 7", "preferences.fallback must name models"),
        ] as [(String, String, String)]
    ) func problemsSayWhereAndWhat(_ text: String, _ place: String, _ words: String) throws {
        let error = try #require(throws: ModelsFileError.self) {
            let file = try self.file(text)
            _ = try file.importing(into: Self.contents([Self.model("p/x")]))
        }
        let problem = try #require(error.problems.first)
        #expect(problem.place?.description == place)
        #expect(problem.message.contains(words), "\(problem)")
    }

    @Test func everyProblemIsNamedAtOnce() throws {
        let file = try self.file("models:\n  a: {}\n  b: {provider: nobody, config: {model_name: m}}\n")
        let error = try #require(throws: ModelsFileError.self) { try file.importing(into: Self.contents([])) }
        #expect(error.problems.count == 3)
        #expect(error.description.contains("POST /api/v1/registry/providers"))
    }

    // MARK: Writing

    @Test func writesWhatTheMissionShows() throws {
        var file = ModelsFile()
        let changes = file.update(
            from: Self.contents([
                Self.chat("openai/gpt-4", "0.00003", ["model_family": "gpt"]),
                Self.chat("openai/gpt-4o-mini", "0.0000006", ["size_b": "8", "model_family": "gpt-mini"]),
                Self.chat("anthropic/claude-3-haiku", "0.00000125", ["model_family": "claude"]),
                Self.model("ollama/llama3:70b", ["tags": ["local"]]),
            ])
        )
        #expect(changes.added.count == 4)
        #expect(
            file.text == """
                # Models for applications, written by roster (roster update-models, roster export).
                # Entries, keys and lists of your own stay when it is written again; comments do not.
                # size_b is in billions of parameters; size_estimated marks a guess.
                models:
                  anthropic_claude-3-haiku:
                    provider: anthropic
                    type: anthropic
                    size_b: 7
                    size_estimated: true
                    config:
                      model_name: claude-3-haiku
                  ollama_llama3:70b:
                    provider: ollama
                    type: ollama
                    size_b: 70
                    size_estimated: true
                    config:
                      model_name: llama3:70b
                  openai_gpt-4:
                    provider: openai
                    type: openai
                    size_b: 1760
                    size_estimated: true
                    config:
                      model_name: gpt-4
                  openai_gpt-4o-mini:
                    provider: openai
                    type: openai
                    size_b: 8
                    config:
                      model_name: gpt-4o-mini
                preferences:
                  default: gpt-4o-mini
                  fallback:
                    - claude-3-haiku
                    - gpt-4
                cost_optimized:
                  - gpt-4o-mini
                  - claude-3-haiku
                  - gpt-4
                performance_optimized:
                  - gpt-4
                  - claude-3-haiku
                  - gpt-4o-mini

                """
        )
        let again = try self.file(file.text)
        #expect(again == file)
        var updated = again
        #expect(updated.update(from: Self.contents([])).isEmpty)
    }

    @Test func handMadeSurvives() throws {
        let text = """
            version: 3
            models:
              zeta:
                provider: openai
                size_b: 1.50
                config: {model_name: known, temperature: 0.10, nested: {deep: [1, yes, 2026-11-21]}}
                owner: team-a
              my_custom_model:
                provider: huggingface
                type: huggingface
                size_b: 13
                config:
                  model_name: myorg/my-custom-model
                  device: cuda
                  load_in_8bit: true
              half: {}
            preferences:
              default: zeta
              temperature: 0.7
            cost_optimized: [zeta, {model: my_custom_model, weight: 3}]
            """
        var file = try self.file(text)
        let before = file
        let changes = file.update(from: Self.contents([Self.model("openai/known"), Self.model("openai/new-70b")]))
        #expect(changes.added == ["openai_new-70b"])
        #expect(changes.changed == ["zeta"])
        #expect(changes.own == 2)
        #expect(file.models.map(\.key.spelling) == ["openai_new-70b", "zeta", "my_custom_model", "half"])
        for id in ["my_custom_model", "half"] { #expect(file.models[id] == before.models[id]) }
        // A size that somebody wrote stays before an estimate; only what was missing has come.
        let zeta = try #require(file.models["zeta"]?.mapping)
        #expect(zeta.without("type") == before.models["zeta"]?.mapping)
        #expect(zeta["type"]?.scalar?.name == "openai")
        #expect(file.document["version"] == before.document["version"])
        #expect(file[.default] == before[.default])
        #expect(file.document["preferences"]?.mapping?["temperature"]?.scalar == .plain("0.7"))
        #expect(file[.costOptimized] == before[.costOptimized])
        #expect(try self.file(file.text) == file)
    }

    @Test func sizesFollowTheRegistryWhereItKnows() throws {
        let text = """
            models:
              a: {provider: openai, type: openai, size_b: 8, config: {model_name: a}}
              b: {provider: openai, type: openai, size_b: 8, size_estimated: true, config: {model_name: b-13b}}
              c: {provider: openai, type: openai, size_b: 70.0, config: {model_name: c}}
              d: {provider: openai, type: openai, size_b: 7, size_estimated: true, config: {model_name: d}}
              e: {provider: openai, type: openai, size_b: 7, size_estimated: true, config: {model_name: e}}
            """
        var file = try self.file(text)
        let changes = file.update(
            from: Self.contents([
                Self.model("openai/a", ["size_b": "9"]), Self.model("openai/b-13b"),
                Self.model("openai/c", ["size_b": "70"]),
                Self.model("openai/d", ["size_b": "12", "sources": ["size_b": "estimated"]]),
                Self.model("openai/e", ["size_b": "12", "sources": ["size_b": "estimated"], "pinned": ["size_b"]]),
            ])
        )
        #expect(changes.changed == ["a", "b", "d", "e"])
        let sizes = file.entries.map {
            [$0.value.mapping?["size_b"]?.scalar?.spelling, $0.size?.isEstimated.description]
        }
        #expect(sizes == [["9", "false"], ["13", "true"], ["70.0", "false"], ["12", "true"], ["12", "false"]])
    }

    @Test func switchedOffGoesUnlessItIsSomebodysOwn() throws {
        let text = """
            models:
              plain: {provider: openai, type: openai, size_b: 8, config: {model_name: a}}
              own: {provider: openai, type: openai, size_b: 8, config: {model_name: b, device: cpu}}
            """
        var file = try self.file(text)
        let changes = file.update(
            from: Self.contents([
                Self.model("openai/a", ["is_active": false, "size_b": "8"]),
                Self.model("openai/b", ["is_active": false, "size_b": "8"]),
            ])
        )
        #expect(changes.removed == ["plain"])
        #expect(file.models.map(\.key.spelling) == ["own"])
        #expect(changes.notes.contains { $0.contains("“own” stays") })
    }

    @Test func idsNeverCollide() throws {
        let text = """
            models:
              openai_gpt-4: {provider: other, config: {model_name: theirs}}
              openai_gpt-4_2: {provider: other, config: {model_name: theirs-too}}
            """
        var file = try self.file(text)
        let contents = Self.contents([
            Self.model("openai/gpt-4"), Self.model("openai/gpt-4_3"),
            Self.model("openai/b", ["metadata": ["models_yaml": ["id": "x"]]]),
            Self.model("openai/c", ["metadata": ["models_yaml": ["id": "x"]]]),
        ])
        #expect(file.update(from: contents).added == ["x", "x_2", "openai_gpt-4_4", "openai_gpt-4_3"])
        #expect(Set(file.models.map(\.key.spelling)).count == 6)
        var again = file
        #expect(again.update(from: contents).isEmpty)
    }

    @Test func namesStandInTheOrderInWhichPeopleLookForThem() throws {
        var file = ModelsFile()
        let names = ["gpt-10", "gpt-9", "GPT-2", "gpt-2b", "gpt-2", "b"]
        _ = file.update(from: Self.contents(names.map { Self.model("openai/\($0)") }))
        #expect(file.entries.map(\.modelName) == ["b", "GPT-2", "gpt-2", "gpt-2b", "gpt-9", "gpt-10"])
    }

    // MARK: Lists

    @Test func listsAreTheRoutesOfTheRegistry() throws {
        var file = ModelsFile()
        let members: JSONValue = [
            ["model": "openai/a", "weight": 1, "requires": [], "max_price": nil],
            ["model": "b", "weight": 3, "requires": ["tools"], "max_price": "0.1"],
        ]
        let routes: [JSONObject] = [
            ["id": 1, "name": "default", "is_active": true, "members": members],
            ["id": 2, "name": "fallback", "is_active": true, "members": [["model": "b", "weight": 1]]],
            ["id": 3, "name": "cost_optimized", "is_active": false, "members": [["model": "nobody"]]],
        ]
        let contents = Self.contents([Self.chat("openai/a", "0.1"), Self.chat("openai/b", "0.2")], routes: routes)
        _ = file.update(from: contents)
        #expect(
            try file.document["preferences"]?.json() == [
                "default": ["openai/a", ["model": "b", "weight": 3, "requires": ["tools"], "max_price": "0.1"]],
                "fallback": ["b"],
            ]
        )
        #expect(file[.costOptimized]?.list?.compactMap(\.scalar?.name) == ["a", "b"])
        #expect(file.update(from: contents).notes.isEmpty)
        file[.fallback] = YAMLValue(.list([YAMLValue(text: "a")]))
        let changes = file.update(from: contents)
        #expect(changes.isEmpty)
        #expect(changes.notes.count == 1)
        let edits = try file.importing(into: contents).edits
        #expect(edits.first { $0.action == .update(id: 2) }?.set == ["members": ["a"]])
        #expect(!edits.contains { $0.action == .update(id: 1) })
    }

    @Test func listsAreChosenByPriceWhereNobodyHas() throws {
        var file = ModelsFile()
        let free: JSONObject = ["tags": ["free"], "model_family": "free"]
        let contents = Self.contents([
            Self.chat("openai/dear", "0.0001", ["model_family": "d"]),
            Self.chat("openai/cheap", "0.000001", ["model_family": "c"]),
            Self.chat("openai/cheap-too", "0.0000011", ["model_family": "c"]),
            Self.chat("other/middle", "0.00001", ["model_family": "m"]),
            Self.chat("other/free", "0", free),
            Self.chat("other/liked", "0.00002", ["is_recommended": true, "model_family": "l"]),
            Self.chat("other/ending", "0.0000001", ["deprecation_date": "2027-01-01"]),
            Self.chat("other/off", "0.0000001", ["is_active": false]),
            Self.chat("other/small-context", "0.0000001", ["context_length": 4096]),
            Self.chat("other/pictures", "0.0000001", ["output_modalities": ["image"]]),
            Self.model("other/unpriced", ["supports_tools": true, "context_length": 128_000, "model_family": "u"]),
            Self.chat("other/twice", "0.00003", ["model_family": "t"]),
            Self.chat("openai/twice", "0.00003", ["model_family": "t"]),
        ])
        _ = file.update(from: contents)
        #expect(file[.default]?.scalar?.name == "liked")
        #expect(file[.fallback]?.list?.compactMap(\.scalar?.name) == ["cheap", "middle", "openai/twice"])
        #expect(file[.costOptimized]?.list?.compactMap(\.scalar?.name) == ["cheap", "middle", "liked"])
        #expect(file[.performanceOptimized]?.list?.compactMap(\.scalar?.name) == ["liked", "dear", "openai/twice"])
    }

    @Test func anEmptyRegistryGivesEmptyListsThatAreFilledLater() throws {
        var file = ModelsFile()
        _ = file.update(from: Self.contents([]))
        #expect(try file.document["preferences"]?.json() == ["default": nil, "fallback": []])
        _ = file.update(from: Self.contents([Self.chat("openai/a", "0.1")]))
        #expect(file[.default]?.scalar?.name == "a")
        #expect(file[.costOptimized]?.list?.count == 1)
    }

    // MARK: Importing

    @Test func missionFileBecomesRowsAndRoutes() throws {
        let contents = Self.contents([
            Self.model("openai/gpt-4", ["size_b": "1760", "sources": ["size_b": "estimated"]])
        ])
        let result = try self.file(missionFile).importing(into: contents)
        #expect(result.edits.count == 6)
        #expect(result.edits[0].set == ["size_b": "1760"])
        #expect(
            result.edits[1].set == [
                "size_b": "13",
                "metadata": [
                    "models_yaml": ["id": "my_custom_model", "config": ["device": "cuda", "load_in_8bit": true]]
                ],
                "provider": "huggingface", "provider_model_id": "myorg/my-custom-model",
                "model_name": "myorg/my-custom-model",
            ]
        )
        #expect(result.places[1] == YAMLPlace(line: 12, column: 5))
        #expect(result.edits[2].set == ["name": "default", "members": ["gpt-4o-mini"]])
        #expect(result.notes.count == 9)
        #expect(
            result.notes.first?.description.hasPrefix("line 21, column 12: preferences.default: no model is named")
                == true
        )
    }

    @Test func idsInListsBecomeTheModelsTheyStandFor() throws {
        let text = """
            models:
              mine: {provider: openai, config: {model_name: a}}
            cost_optimized: [mine, a, openai/a, {model: mine, weight: 2}]
            """
        let result = try self.file(text).importing(into: Self.contents([]))
        #expect(
            result.edits.last?.set["members"]
                == ["openai/a", "a", "openai/a", ["model": "openai/a", "weight": 2]]
        )
        #expect(result.notes.isEmpty)
    }
}
