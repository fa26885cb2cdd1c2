/// Why a text was refused as YAML, and where.
package struct YAMLError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of refusal it was; the list may grow.
    package struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String {
            case encoding, syntax, duplicate, tooLarge, unsupported
        }
        private let kind: Kind

        /// The bytes are not UTF-8.
        package static let encoding = Code(kind: .encoding)
        /// It is not YAML, or more than one document.
        package static let syntax = Code(kind: .syntax)
        /// A key stands twice in one mapping.
        package static let duplicate = Code(kind: .duplicate)
        /// It goes beyond one of ``YAMLLimits``.
        package static let tooLarge = Code(kind: .tooLarge)
        /// It is YAML of a kind that no file of ours needs: a list or a mapping as a key.
        package static let unsupported = Code(kind: .unsupported)

        package var description: String { self.kind.rawValue }
    }

    package let code: Code

    /// Where; nil where the whole text is meant.
    package let place: YAMLPlace?

    /// What is wrong, in plain words.
    package let message: String

    package var description: String {
        self.place.map { "\($0): \(self.message)" } ?? self.message
    }

    init(_ code: Code, at place: YAMLPlace?, _ message: String) {
        self.code = code
        self.place = place
        self.message = message
    }
}

/// How much of a text the reader accepts before it refuses it.
package struct YAMLLimits: Sendable, Hashable {
    /// The longest text, in bytes.
    package var bytes = 32 << 20
    /// The deepest nesting of lists and mappings.
    package var depth = 64
    /// The most values, aliases written out: a few bytes of aliases may stand for very many.
    package var values = 2_000_000

    package init() {}
}
