/// Why a text was refused as CSV, and where: the row and column are those that a spreadsheet shows.
package struct CSVError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of refusal it was, for callers that answer differently to some of them.
    package struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String {
            case empty, encoding, notText, syntax, tooLarge
        }
        private let kind: Kind

        /// There is no row in it.
        package static let empty = Code(kind: .empty)
        /// The bytes are neither UTF-8 nor UTF-16 with a byte order mark.
        package static let encoding = Code(kind: .encoding)
        /// It is a workbook or something else that is no text.
        package static let notText = Code(kind: .notText)
        /// A quote is opened and not closed, or closed in the middle of a cell.
        package static let syntax = Code(kind: .syntax)
        /// It goes beyond one of ``CSVLimits``.
        package static let tooLarge = Code(kind: .tooLarge)

        package var description: String { self.kind.rawValue }
    }

    package let code: Code

    /// The row, counted from 1, which is the header; nil where the whole file is meant.
    package let row: Int?

    /// The column, counted from 0; nil where the whole row is meant.
    package let column: Int?

    /// What is wrong and what to do, in words.
    package let message: String

    package var description: String {
        switch (self.row, self.column) {
        case (.some(let row), .some(let column)): "row \(row), column \(CSVColumn.letters(column)): \(self.message)"
        case (.some(let row), nil): "row \(row): \(self.message)"
        case (nil, _): self.message
        }
    }

    init(_ code: Code, row: Int? = nil, column: Int? = nil, _ message: String) {
        self.code = code
        self.row = row
        self.column = column
        self.message = message
    }
}

/// How spreadsheets name columns.
package enum CSVColumn {
    /// The letters of a column counted from 0: A, B … Z, AA, AB …
    package static func letters(_ index: Int) -> String {
        var letters: [Character] = []
        var rest = index + 1
        while rest > 0 {
            rest -= 1
            letters.append(Character(UnicodeScalar(UInt8(ascii: "A") + UInt8(rest % 26))))
            rest /= 26
        }
        return String(letters.reversed())
    }
}
