import Exchange
import JSON

/// Values that a writer gets wrong if it can.
enum RandomYAML {
    static let hardTexts = [
        "", " ", "a ", " a", "true", "No", "null", "~", "7", "-7", "+7", "0x1f", "1e5", "1.", ".5", ".inf", "-.INF",
        ".nan",
        "1:30", "2026-11-21", "2026-11-21T08:00:00Z", "- a", "-", "--- a", "...", "? a", "?", ": a", ":", "a:", "a: b",
        "a:b",
        "a #b", "a#b", "#", "[a", "{a", "a]", "&a", "*a", "!a", "|", ">", "'a", "\"a", "%a", "@a", "`a", "a\n", "a\nb",
        "a\n\n", "\na", " a\nb", "a\n b\n\n\n", "a\tb", "\ta", "a\r\nb", "a\u{0}b", "\u{7F}", "\u{85}", "a\u{2028}b",
        "a\u{FEFF}", "é", "日本語", "🦜", "\u{1F600}\n\u{85}", "a\\b", "a\"b", "=", "<<", "y", "N", "1_000", "0o17", "0777",
        "a,b", "a, b", "null ", "a\n \nb", "a\n\t", "..", "1.2.3", "7b", "0.1e", "e1", "\u{E000}", "\u{FFFD}",
    ]

    static func text(_ random: inout Randomness) -> String {
        if random.next() % 3 == 0, let hard = self.hardTexts.randomElement(using: &random) { return hard }
        let alphabet = Array("aZ09 -_:#,.[]{}&*!|>'\"%@`\\/~=?+\n\t\u{85}é🦜")
        return String((0..<Int(random.next() % 12)).compactMap { _ in alphabet.randomElement(using: &random) })
    }

    static func mapping(_ random: inout Randomness, depth: Int) -> YAMLMapping {
        var mapping = YAMLMapping()
        for _ in 0..<Int(random.next() % 6) { mapping[self.scalar(&random)] = self.value(&random, depth: depth + 1) }
        if random.next() % 50 == 0 {
            mapping[String(repeating: "long ", count: 300)] = self.value(&random, depth: depth + 1)
        }
        return mapping
    }

    static func value(_ random: inout Randomness, depth: Int) -> YAMLValue {
        switch depth > 4 ? 0 : random.next() % 6 {
        case 0...2: YAMLValue(.scalar(self.scalar(&random)))
        case 3: YAMLValue(.list((0..<Int(random.next() % 4)).map { _ in self.value(&random, depth: depth + 1) }))
        default: YAMLValue(.mapping(self.mapping(&random, depth: depth)), tag: random.next() % 20 == 0 ? "!mine" : nil)
        }
    }

    static func json(_ random: inout Randomness, depth: Int) -> JSONObject {
        var object = JSONObject()
        for _ in 0..<Int(random.next() % 6) {
            let value: JSONValue =
                switch depth > 3 ? random.next() % 4 : random.next() % 6 {
                case 0: .null
                case 1: .bool(random.next() % 2 == 0)
                case 2: .number(JSONNumber(Int64(truncatingIfNeeded: random.next())))
                case 3: .string(self.text(&random))
                case 4: .object(self.json(&random, depth: depth + 1))
                default: .array([.string(self.text(&random)), .object(self.json(&random, depth: depth + 1))])
                }
            object[self.text(&random)] = value
        }
        return object
    }

    private static func scalar(_ random: inout Randomness) -> YAMLScalar {
        let plain = ["7", "1.5", "true", "null", "1e5", "0x1F", "2026-11-21", "yes"]
        if random.next() % 4 == 0, let spelling = plain.randomElement(using: &random) { return .plain(spelling) }
        return .text(self.text(&random))
    }
}
