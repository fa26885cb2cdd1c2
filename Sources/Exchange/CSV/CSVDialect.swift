/// What two CSV files may do differently: which character separates cells, and which one begins the decimals of a number.
///
/// The two go together: where the comma begins decimals, as in a German Excel, the semicolon separates cells, and `2.5`
/// would be read as the second of May.
package struct CSVDialect: Sendable, Hashable {
    /// What separates cells.
    package enum Separator: Character, Sendable, Hashable, CaseIterable {
        case comma = ","
        case semicolon = ";"
        case tab = "\t"

        /// Its one byte of UTF-8.
        var byte: UInt8 {
            switch self {
            case .comma: UInt8(ascii: ",")
            case .semicolon: UInt8(ascii: ";")
            case .tab: UInt8(ascii: "\t")
            }
        }

        /// In the words of a message or an option: `comma`, `semicolon`, `tab`.
        package var word: String {
            switch self {
            case .comma: "comma"
            case .semicolon: "semicolon"
            case .tab: "tab"
            }
        }

        /// Reads the character itself or its word.
        package init?(_ text: String) {
            guard let separator = Self.allCases.first(where: { text == $0.word || text == String($0.rawValue) }) else {
                return nil
            }
            self = separator
        }
    }

    /// What begins the decimals of a number.
    package enum DecimalMark: Character, Sendable, Hashable, CaseIterable {
        case point = "."
        case comma = ","

        /// In the words of a message or an option: `point`, `comma`.
        package var word: String { self == .point ? "point" : "comma" }

        /// Reads the character itself or its word.
        package init?(_ text: String) {
            guard let mark = Self.allCases.first(where: { text == $0.word || text == String($0.rawValue) }) else {
                return nil
            }
            self = mark
        }
    }

    package var separator: Separator
    package var decimalMark: DecimalMark

    /// - Parameters:
    ///   - separator: What separates cells.
    ///   - decimalMark: What begins decimals; nil for what goes with the separator: the comma with semicolons, else the
    ///     point.
    package init(separator: Separator = .comma, decimalMark: DecimalMark? = nil) {
        self.separator = separator
        self.decimalMark = decimalMark ?? (separator == .semicolon ? .comma : .point)
    }
}
