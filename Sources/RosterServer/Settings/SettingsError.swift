/// Why the settings cannot be used: every problem in a sentence of its own, so that one run shows them all.
package struct SettingsError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of problem it is; the list may grow.
    package struct Code: Sendable, Hashable {
        private enum Value: Sendable { case badValue, unknownSetting, unreadableFile, badSyntax, missing }

        private let value: Value

        /// A value is not what its setting expects.
        package static let badValue = Code(value: .badValue)
        /// There is no setting of this name.
        package static let unknownSetting = Code(value: .unknownSetting)
        /// A file cannot be read.
        package static let unreadableFile = Code(value: .unreadableFile)
        /// A file or command line is not written as it must be.
        package static let badSyntax = Code(value: .badSyntax)
        /// A setting that the command needs has no value.
        package static let missing = Code(value: .missing)
    }

    /// One thing that is wrong.
    package struct Problem: Sendable, Hashable {
        /// What kind of problem it is.
        package let code: Code
        /// The setting, file or name in question.
        package let subject: String
        /// The sentence for people: what is wrong, and what is expected.
        package let message: String
    }

    /// Everything that is wrong; at least one thing.
    package let problems: [Problem]

    package var description: String { self.problems.map(\.message).joined(separator: "\n") }

    init(_ problems: [Problem]) {
        self.problems = problems
    }

    init(_ code: Code, _ subject: String, _ message: String) {
        self.problems = [Problem(code: code, subject: subject, message: message)]
    }

    /// A setting that a command needs has no value.
    package static func missing(_ facts: SettingFacts, for purpose: String) -> SettingsError {
        SettingsError(
            .missing,
            facts.variable,
            "\(facts.variable) is not set, and \(purpose) needs it: set it to \(facts.expected), "
                + "or give --\(facts.flag)."
        )
    }
}
