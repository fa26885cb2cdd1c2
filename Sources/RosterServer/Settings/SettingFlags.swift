import Registry

/// Takes the flags of settings out of a command line; what remains is the command's own.
///
/// Flags of settings are allowed after every command, as `--port 9000` or `--port=9000`, and a later one wins. They are
/// not declared to the command line's parser: the list is their only declaration.
package enum SettingFlags {
    /// Splits a command line.
    ///
    /// - Parameter arguments: The arguments, without the program's name.
    /// - Returns: The values by flag, and everything else in its order.
    /// - Throws: A flag without a value.
    package static func split(
        _ arguments: [String]
    ) throws(SettingsError) -> (flags: [String: String], rest: [String]) {
        let known = Dictionary(Settings.list.all.map { ($0.facts.flag, $0.facts) }) { first, _ in first }
        var flags: [String: String] = [:]
        var rest: [String] = []
        var remaining = arguments[...]
        while let argument = remaining.popFirst() {
            if argument == "--" {
                rest += [argument] + remaining
                break
            }
            let parts = argument.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard argument.hasPrefix("--"), let name = parts.first.map(String.init), let facts = known[name] else {
                rest.append(argument)
                continue
            }
            guard let value = parts.count == 2 ? String(parts[1]) : remaining.popFirst(),
                !value.isEmpty, parts.count == 2 || !value.hasPrefix("--")
            else {
                throw SettingsError(.badSyntax, facts.variable, "--\(name) has no value; expected \(facts.expected).")
            }
            flags[name] = value
        }
        return (flags, rest)
    }

    /// The flag that somebody may have meant by an unknown one; `nil` if none is near.
    package static func suggestion(for flag: String) -> String? {
        let nearest = NearestName.of(flag, among: Settings.list.all.map(\.facts.flag))
        return nearest.flatMap { NearestName.distance(flag, $0) <= 2 ? $0 : nil }
    }

    /// The flags with their meanings, for the end of a help page.
    package static var help: String {
        let facts = Settings.list.all.map(\.facts)
        let width = (facts.map(\.flag.count).max() ?? 0) + 4
        return facts.map { facts in
            let name = "--\(facts.flag)"
            return "  \(name)\(String(repeating: " ", count: width - name.count))\(facts.meaning)"
        }.joined(separator: "\n")
    }
}
