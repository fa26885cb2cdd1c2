import Secrets

/// What a setting's text may be: how it is read, how it is written back, and the words that say what is expected.
struct SettingKind<Value: Sendable>: Sendable {
    /// The type in a word, for tables: `duration`.
    let name: String
    /// What is expected, as it ends the sentence “expected …”.
    let expected: String
    /// Whether the value must not be shown.
    var isSecret = false
    /// The value of a text; `nil` if the text is not of this kind.
    let parse: @Sendable (String) -> Value?
    /// A text that reads as the value.
    let show: @Sendable (Value) -> String
}

extension SettingKind<String> {
    /// Any text.
    static let text = SettingKind(name: "text", expected: "some text", parse: { $0 }, show: { $0 })

    /// The path of a file or folder.
    static let path = SettingKind(name: "path", expected: "the path of a file", parse: { $0 }, show: { $0 })

    /// An address with one of some schemes.
    static func url(_ schemes: [String]) -> SettingKind {
        SettingKind(name: "URL", expected: Self.words(for: schemes), parse: { Self.url($0, schemes) }, show: { $0 })
    }

    fileprivate static func words(for schemes: [String]) -> String {
        "an address such as \(schemes[0])://host:port"
            + (schemes.count > 1 ? " (also \(schemes.dropFirst().map { $0 + "://" }.joined(separator: ", ")))" : "")
    }

    fileprivate static func url(_ text: String, _ schemes: [String]) -> String? {
        guard let scheme = schemes.first(where: { text.lowercased().hasPrefix($0 + "://") }) else { return nil }
        guard text.utf8.count > scheme.utf8.count + 3, !text.contains(where: \.isWhitespace) else { return nil }
        return text
    }
}

extension SettingKind<Secret> {
    /// A key or password.
    static let secret = SettingKind(
        name: "secret",
        expected: "a key without spaces",
        isSecret: true,
        parse: { text in text.contains(where: { $0.isWhitespace || $0.isNewline }) ? nil : Secret(text) },
        show: \.exposed
    )

    /// An address that may hold a password.
    static func secretURL(_ schemes: [String]) -> SettingKind {
        SettingKind(
            name: "URL",
            expected: SettingKind<String>.words(for: schemes),
            isSecret: true,
            parse: { SettingKind<String>.url($0, schemes).map { Secret($0) } },
            show: \.exposed
        )
    }
}

extension SettingKind<[String]> {
    /// Several texts, separated by commas, or `none`, because an empty variable is one that is not set.
    static func list(of things: String) -> SettingKind {
        SettingKind(
            name: "list",
            expected: "\(things), separated by commas, or none",
            parse: { text in
                text == "none" ? [] : text.split(separator: ",").map { $0.trimmingWhitespace() }.filter { !$0.isEmpty }
            },
            show: { $0.isEmpty ? "none" : $0.joined(separator: ", ") }
        )
    }
}

extension SettingKind<Int> {
    /// A whole number within limits.
    static func integer(in range: ClosedRange<Int>) -> SettingKind {
        SettingKind(
            name: "integer",
            expected: "a whole number from \(range.lowerBound) to \(range.upperBound)",
            parse: { text in Int(text).flatMap { range.contains($0) ? $0 : nil } },
            show: { String($0) }
        )
    }

    /// A number of bytes within limits, as in `64KiB`.
    static func bytes(in range: ClosedRange<Int>) -> SettingKind {
        let limits = "\(ByteCount.text(range.lowerBound)) to \(ByteCount.text(range.upperBound))"
        return SettingKind(
            name: "bytes",
            expected: "a number of bytes from \(limits), as in 65536, 64KiB or 20MiB",
            parse: { text in ByteCount.parse(text).flatMap { range.contains($0) ? $0 : nil } },
            show: ByteCount.text
        )
    }
}

extension SettingKind<Duration> {
    /// A time span within limits, as in `30s`.
    static func duration(in range: ClosedRange<Duration>) -> SettingKind {
        let limits = "\(DurationText.text(range.lowerBound)) to \(DurationText.text(range.upperBound))"
        return SettingKind(
            name: "duration",
            expected: "a duration from \(limits), as in 500ms, 30s, 5m or 24h",
            parse: { text in DurationText.parse(text).flatMap { range.contains($0) ? $0 : nil } },
            show: DurationText.text
        )
    }
}

extension SettingKind where Value: RawRepresentable<String> & CaseIterable {
    /// One of a few words.
    static func choice() -> SettingKind {
        let words = Value.allCases.map(\.rawValue)
        return SettingKind(
            name: words.joined(separator: "|"),
            expected: "one of \(words.joined(separator: ", "))",
            parse: { Value(rawValue: $0.lowercased()) },
            show: \.rawValue
        )
    }
}

extension StringProtocol {
    /// Without white space at its ends.
    package func trimmingWhitespace() -> String {
        guard let start = self.firstIndex(where: { !$0.isWhitespace }),
            let end = self.lastIndex(where: { !$0.isWhitespace })
        else { return "" }
        return String(self[start...end])
    }
}
