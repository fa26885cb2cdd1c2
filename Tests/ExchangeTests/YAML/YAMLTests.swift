import Exchange
import JSON
import Testing
import Yams

@Suite struct YAMLTests {
    private func read(_ text: String) throws -> YAMLValue { try YAMLValue(parsing: Array(text.utf8)) }

    // MARK: Properties

    @Test func whatIsWrittenIsReadAgain() throws {
        let seed = Randomness.seed(for: "whatIsWrittenIsReadAgain")
        var random = Randomness(seed: seed)
        for round in 0..<3_000 {
            let mapping = RandomYAML.mapping(&random, depth: 0)
            let text = YAMLWriter.text(of: mapping, header: round % 2 == 0 ? ["words: [", ""] : [])
            do {
                let again = try self.read(text)
                let isSame = again.content == .mapping(mapping)
                #expect(isSame, "seed \(seed), round \(round):\n\(text)")
                #expect(again.mapping.map { YAMLWriter.text(of: $0) } == YAMLWriter.text(of: mapping))
            } catch {
                Issue.record("seed \(seed), round \(round): \(error)\n\(text)")
            }
        }
    }

    @Test func jsonSurvives() throws {
        let seed = Randomness.seed(for: "jsonSurvives")
        var random = Randomness(seed: seed)
        for round in 0..<1_000 {
            let object = RandomYAML.json(&random, depth: 0)
            let text = YAMLWriter.text(of: YAMLMapping(object))
            let again = try #require(try self.read(text).mapping).json()
            #expect(again == object, "seed \(seed), round \(round):\n\(text)")
        }
    }

    /// Yams resolves as YAML 1.1 asks for: what is a text here must be one there.
    @Test func othersReadTheSameTexts() throws {
        let seed = Randomness.seed(for: "othersReadTheSameTexts")
        var random = Randomness(seed: seed)
        var texts = RandomYAML.hardTexts
        for _ in 0..<1_000 { texts.append(RandomYAML.text(&random)) }
        for text in texts {
            let written = YAMLWriter.text(of: ["key": text])
            let read = try Yams.load(yaml: written) as? [String: Any]
            #expect(read?["key"] as? String == text, "\(written)")
        }
    }

    // MARK: Examples

    @Test(
        arguments: [
            ("7", "7"), ("true", "true"), ("yes", "true"), ("Off", "false"), ("~", "null"), ("", "null"),
            ("1e5", "1e5"),
            ("0x1F", "31"), ("-0o17", "-15"), ("0b101", "5"), ("1_000", "1000"), ("+1.", "1"), (".5", "0.5"),
            ("'7'", "\"7\""), ("gpt-4", "\"gpt-4\""), ("2026-11-21", "\"2026-11-21\""), ("12:30", "\"12:30\""),
            ("y", "\"y\""), ("4o-mini", "\"4o-mini\""), ("!!str 8", "\"8\""), ("!!int \"8\"", "8"),
            ("[1, a]", "[1,\"a\"]"),
            ("{a: {b: []}}", "{\"a\":{\"b\":[]}}"), ("1.2.3", "\"1.2.3\""), ("e5", "\"e5\""), ("0.10", "0.10"),
        ] as [(String, String)]
    ) func scalarsAreWhatTheyMean(_ yaml: String, _ json: String) throws {
        let value = try #require(try self.read("key: \(yaml)\n").mapping?["key"])
        #expect(try value.json().serializedString() == json)
    }

    @Test func aliasesAndMergeKeysAreWrittenOut() throws {
        let value = try self.read(
            """
            base: &base {device: cuda, bits: 8}
            other: &other {bits: 4, threads: 2}
            one: {<<: [*base, *other], device: cpu}
            two: *base
            """
        )
        #expect(
            try value.mapping?.without("base", "other").json()
                == ["one": ["bits": 8, "threads": 2, "device": "cpu"], "two": ["device": "cuda", "bits": 8]]
        )
    }

    @Test func tagsStay() throws {
        let text = "a: !mine x\nb: !!set\n  x: null\nc: !<tag:example.com,2026:some%20thing> \"1\"\n"
        let value = try #require(try self.read(text).mapping)
        #expect(YAMLWriter.text(of: value) == text)
        #expect(throws: YAMLError.self) { try value.json() }
    }

    @Test func lookLikePeopleWouldWriteThem() throws {
        let mapping = YAMLMapping(
            [
                "text": "plain words", "number": "8", "truth": "yes", "list": ["a", "-b"], "none": [], "empty": [:],
                "lines": "one\n two\n", "rows": [["x": 1, "z": [2]], [[3], []]], "ende\t": "# no comment",
            ] as JSONObject
        )
        #expect(
            YAMLWriter.text(of: mapping, header: ["Made here."]) == """
                # Made here.
                text: plain words
                number: "8"
                truth: "yes"
                list:
                  - a
                  - "-b"
                none: []
                empty: {}
                lines: |
                  one
                   two
                rows:
                  - x: 1
                    z:
                      - 2
                  -
                    -
                      - 3
                    - []
                "ende\\t": "# no comment"

                """
        )
    }

    // MARK: Refusals

    @Test(
        arguments: [
            ("a: 1\n\tb: 2\n", 2, 1, "a tab stands there"),
            ("a: 1\nb: [1, 2\nc: 3\n", 3, 2, "it is not YAML"),
            ("a:\n  x: 1\n  y: 2\n  x: 3\n", 2, 3, "“x” stands twice"),
            ("a: 1\n---\nb: 2\n", 2, 1, "it is not YAML"),
            ("? [a]\n: 1\n", 1, 3, "a key must be a plain value"),
            ("a: *nobody\n", 1, 4, "it is not YAML"),
            ("a: {<<: 7}\n", 1, 9, "must be a mapping"),
        ] as [(String, Int, Int, String)]
    ) func sayWhereAndWhat(_ text: String, _ line: Int, _ column: Int, _ words: String) throws {
        let error = try #require(throws: YAMLError.self) { try self.read(text) }
        #expect(error.place == YAMLPlace(line: line, column: column), "\(error)")
        #expect(error.message.contains(words), "\(error)")
    }

    @Test func limitsHold() throws {
        let deep = String(repeating: "[", count: 100) + String(repeating: "]", count: 100)
        #expect(try #require(throws: YAMLError.self) { try self.read(deep) }.code == .tooLarge)
        let deeper = String(repeating: "[", count: 100_000)
        #expect(throws: YAMLError.self) { try self.read(deeper) }
        // Nine lines of aliases that stand for 10^9 values.
        var bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...9 {
            let aliases = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
            bomb += "a\(level): &a\(level) [\(aliases)]\n"
        }
        #expect(try #require(throws: YAMLError.self) { try self.read(bomb) }.code == .tooLarge)
        var limits = YAMLLimits()
        limits.bytes = 3
        #expect(throws: YAMLError.self) { try YAMLValue(parsing: Array("a: 1".utf8), limits: limits) }
        let error = try #require(throws: YAMLError.self) { try YAMLValue(parsing: [0x61, 0xFF]) }
        #expect(error.code == .encoding)
    }
}

extension YAMLWriter {
    fileprivate static func text(of object: [String: String]) -> String {
        self.text(of: YAMLMapping(object.map { (key: YAMLScalar.text($0.key), value: YAMLValue(text: $0.value)) }))
    }
}
