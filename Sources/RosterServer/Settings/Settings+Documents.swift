package import JSON
import Secrets

/// What is written from the list: the page of `roster config`, its JSON, the README's table, `.env.example`.
extension Settings {
    /// The values in force, for people.
    package var page: String {
        var rows = self.effective.map { ($0.facts.variable, Self.shown($0), $0.origin) }
        rows += ProviderVariable.all.map { variable in
            let origin = self.variables.origin(of: variable.name)
            let value = variable.isSecret ? nil : self.variables.values[variable.name]?.exposed
            return (variable.name, origin == nil ? "–" : value ?? "(set)", origin ?? "not set")
        }
        let names = rows.map(\.0.count).max() ?? 0
        let values = min(48, rows.map(\.1.count).max() ?? 0)
        return rows.map { name, value, origin in
            let padding = String(repeating: " ", count: names - name.count)
            let gap = String(repeating: " ", count: max(1, values - value.count + 2))
            return "\(name)\(padding)  \(value)\(gap)\(origin)"
        }.joined(separator: "\n")
    }

    /// The values in force, for programs: no secret is among them.
    package var json: JSONValue {
        let settings = self.effective.map { setting -> JSONValue in
            [
                "name": .string(setting.facts.variable),
                "flag": .string("--\(setting.facts.flag)"),
                "value": JSONValue(setting.text),
                "set": .bool(setting.isSet),
                "origin": .string(setting.origin),
                "secret": .bool(setting.facts.isSecret),
            ]
        }
        let variables = ProviderVariable.all.map { variable -> JSONValue in
            [
                "name": .string(variable.name),
                "value": JSONValue(variable.isSecret ? nil : self.variables.values[variable.name]?.exposed),
                "set": .bool(self.variables.origin(of: variable.name) != nil),
                "origin": .string(self.variables.origin(of: variable.name) ?? "not set"),
                "secret": .bool(variable.isSecret),
            ]
        }
        return ["settings": .array(settings), "providers": .array(variables)]
    }

    /// The table of all settings, in Markdown.
    package static var markdown: String {
        var lines = [
            "| environment | flag | type | default | meaning |",
            "|---|---|---|---|---|",
        ]
        for facts in self.list.all.map(\.facts) {
            let names = facts.variables.map { "`\($0)`" }.joined(separator: ", ")
            let defaultText = facts.defaultText.flatMap { $0.isEmpty ? nil : "`\($0)`" } ?? ""
            lines.append(
                "| \(names) | `--\(facts.flag)` | \(facts.kind.replacing("|", with: "\\|")) | \(defaultText) | \(facts.meaning) |"
            )
        }
        for variable in ProviderVariable.all {
            lines.append("| `\(variable.name)` | | \(variable.isSecret ? "secret" : "URL") | | \(variable.meaning) |")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// A `.env` file with every setting, each as a comment that says what it is.
    package static var exampleFile: String {
        var lines = [
            "# Every setting of Roster. Copy this file to .env and fill in what differs; lines that begin with # are not",
            "# read. Flags and environment variables are stronger than this file. Written by: roster config --example",
        ]
        for facts in self.list.all.map(\.facts) {
            lines.append("")
            lines += self.comment("\(facts.meaning) Expected: \(facts.expected).")
            if let alias = facts.aliases.first { lines.append("# \(alias) means the same.") }
            lines.append("#\(facts.variable)=\(facts.defaultText ?? "")")
        }
        lines += ["", "# Keys and addresses of providers. A key is never stored anywhere else."]
        for variable in ProviderVariable.all {
            lines.append("")
            lines += self.comment(variable.meaning)
            lines.append("#\(variable.name)=")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func shown(_ setting: Effective) -> String {
        guard setting.isSet else { return "–" }
        guard let text = setting.text else { return "(set)" }
        return text.isEmpty ? "–" : text
    }

    /// A text as comment lines of at most 118 characters.
    private static func comment(_ text: String) -> [String] {
        var lines: [String] = []
        var line = "#"
        for word in text.split(separator: " ") {
            if line.count + word.count + 1 > 118 {
                lines.append(line)
                line = "#"
            }
            line += " \(word)"
        }
        return lines + [line]
    }
}
