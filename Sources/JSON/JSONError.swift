/// Why a text was refused as JSON, and where.
package struct JSONError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of refusal it was, for callers that answer differently to some of them.
    package struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String {
            case empty, encoding, syntax, unexpectedEnd, trailingBytes, tooDeep, tooLarge, wrongType, repeatedName
        }
        private let kind: Kind

        /// There is nothing but white space.
        package static let empty = Code(kind: .empty)
        /// The bytes are not UTF-8.
        package static let encoding = Code(kind: .encoding)
        /// A byte stands where the grammar does not allow it.
        package static let syntax = Code(kind: .syntax)
        /// The text stops in the middle of a value: it was probably cut.
        package static let unexpectedEnd = Code(kind: .unexpectedEnd)
        /// Something follows the one value that a JSON text holds.
        package static let trailingBytes = Code(kind: .trailingBytes)
        /// Arrays and objects nest deeper than ``JSONLimits/depth``.
        package static let tooDeep = Code(kind: .tooDeep)
        /// The text is longer than ``JSONLimits/bytes``.
        package static let tooLarge = Code(kind: .tooLarge)
        /// The value is well-formed, but not of the type that was asked for.
        package static let wrongType = Code(kind: .wrongType)
        /// An object has two members of one name, which ``JSONLimits/allowsRepeatedNames`` forbids.
        package static let repeatedName = Code(kind: .repeatedName)

        package var description: String { self.kind.rawValue }
    }

    package let code: Code

    /// Where, in bytes from the start of the text.
    package let offset: Int

    /// Where, in lines counted from 1.
    package let line: Int

    /// Where, in characters of that line counted from 1 (Unicode scalars, so that an editor agrees).
    package let column: Int

    /// What was expected and what was found, in plain words; it quotes at most one character of the text, or the name of a member.
    package let message: String

    package var description: String {
        "line \(self.line), column \(self.column) (byte \(self.offset)): \(self.message)"
    }

    init(_ code: Code, at offset: Int, in bytes: Span<UInt8>, _ message: String) {
        self.code = code
        self.offset = offset
        self.message = message
        var line = 1
        var column = 1
        for index in 0..<min(offset, bytes.count) {
            let byte = bytes[index]
            if byte == 0x0A {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
        }
        self.line = line
        self.column = column
    }
}
