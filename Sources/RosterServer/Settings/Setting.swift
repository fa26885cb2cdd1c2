/// One setting as it is declared in ``SettingList``: everything there is to know about it, in one place.
package struct Setting<Value: Sendable>: Sendable {
    /// What tables and errors say about it.
    package let facts: SettingFacts
    /// In force where nothing else is said.
    package let defaultValue: Value

    let parse: @Sendable (String) -> Value?
    let show: @Sendable (Value) -> String?

    /// Declares a setting that always has a value.
    init(
        _ variable: String,
        aliases: [String] = [],
        flag: String? = nil,
        _ kind: SettingKind<Value>,
        default defaultValue: Value,
        meaning: String
    ) {
        self.facts = SettingFacts(
            variable: variable,
            aliases: aliases,
            flag: flag,
            kind: kind,
            defaultText: kind.show(defaultValue),
            meaning: meaning
        )
        self.defaultValue = defaultValue
        self.parse = kind.parse
        self.show = kind.show
    }

    /// Declares a setting that may be absent.
    init<Wrapped>(
        _ variable: String,
        aliases: [String] = [],
        flag: String? = nil,
        _ kind: SettingKind<Wrapped>,
        meaning: String
    ) where Value == Wrapped? {
        self.facts = SettingFacts(
            variable: variable,
            aliases: aliases,
            flag: flag,
            kind: kind,
            defaultText: nil,
            meaning: meaning
        )
        self.defaultValue = nil
        self.parse = kind.parse
        self.show = { $0.map(kind.show) }
    }
}

/// What is known about a setting apart from its type.
package struct SettingFacts: Sendable {
    /// Its name as an environment variable.
    package let variable: String
    /// Other variables that mean the same; the name itself comes first.
    package let aliases: [String]
    /// Its name as a flag of the command line, without the dashes.
    package let flag: String
    /// Its type in a word.
    package let kind: String
    /// What a value must be, as it ends the sentence “expected …”.
    package let expected: String
    /// What is in force where nothing else is said, as text; `nil` for nothing.
    package let defaultText: String?
    /// What it does.
    package let meaning: String
    /// Whether its value is never shown.
    package let isSecret: Bool

    /// Its name in a settings file.
    package var fileKey: String { self.flag.replacing("-", with: "_") }

    /// All environment variables that mean it, the first one first.
    package var variables: [String] { [self.variable] + self.aliases }

    init<Value>(
        variable: String,
        aliases: [String],
        flag: String?,
        kind: SettingKind<Value>,
        defaultText: String?,
        meaning: String
    ) {
        self.variable = variable
        self.aliases = aliases
        let withoutPrefix = variable.hasPrefix(Self.prefix) ? String(variable.dropFirst(Self.prefix.count)) : variable
        self.flag = flag ?? withoutPrefix.lowercased().replacing("_", with: "-")
        self.kind = kind.name
        self.expected = kind.expected
        self.defaultText = defaultText
        self.meaning = meaning
        self.isSecret = kind.isSecret
    }

    /// What the names of our own environment variables begin with.
    package static let prefix = "ROSTER_"
}

/// A setting of which only the type is unknown.
protocol DeclaredSetting: Sendable {
    var facts: SettingFacts { get }
    /// The value of a text; `nil` if the text is not of the setting's kind.
    func value(of text: String) -> (any Sendable)?
    /// A text that reads as a value of this setting; `nil` for the value of another.
    func text(of value: any Sendable) -> String?
    /// Whether the default reads as itself; a test asks.
    var defaultReadsBack: Bool { get }
}

extension Setting: DeclaredSetting {
    func value(of text: String) -> (any Sendable)? { self.parse(text) }

    func text(of value: any Sendable) -> String? { (value as? Value).flatMap(self.show) }

    var defaultReadsBack: Bool {
        guard let text = self.facts.defaultText else { return true }
        return self.parse(text).flatMap(self.show) == text
    }
}
