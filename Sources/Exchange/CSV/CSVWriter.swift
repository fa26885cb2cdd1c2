/// Writes CSV as RFC 4180 has it: CRLF after each row, quotes around what needs them, UTF-8.
package struct CSVWriter: Sendable {
    /// The bytes so far.
    package private(set) var bytes: [UInt8]

    private let separator: UInt8

    /// - Parameters:
    ///   - separator: What separates cells.
    ///   - hasByteOrderMark: Whether the file begins with the mark by which Excel knows that it is UTF-8; without it, Excel
    ///     takes the file for one in the encoding of the country.
    package init(separator: CSVDialect.Separator = .comma, hasByteOrderMark: Bool = false) {
        self.bytes = hasByteOrderMark ? [0xEF, 0xBB, 0xBF] : []
        self.separator = separator.byte
    }

    /// Appends a row.
    ///
    /// - Parameter cells: The texts of its cells, one at least; they are written as they are, so that what must not run as
    ///   a formula has its apostrophe already.
    package mutating func add(_ cells: some Sequence<String>) {
        var isFirst = true
        let start = self.bytes.count
        for cell in cells {
            if !isFirst { self.bytes.append(self.separator) }
            isFirst = false
            self.add(cell)
        }
        // An empty line is no row: a single empty cell is written with its quotes.
        if self.bytes.count == start { self.bytes += [UInt8(ascii: "\""), UInt8(ascii: "\"")] }
        self.bytes += [UInt8(ascii: "\r"), UInt8(ascii: "\n")]
    }

    /// Takes the bytes away, so that a file of any size can be written in pieces.
    package mutating func take() -> [UInt8] {
        defer { self.bytes.removeAll(keepingCapacity: true) }
        return self.bytes
    }

    private mutating func add(_ cell: String) {
        // Spaces at an end are kept by quotes where a program trims cells.
        let needsQuotes =
            cell.utf8.first == UInt8(ascii: " ") || cell.utf8.last == UInt8(ascii: " ")
            || cell.utf8.contains { byte in
                switch byte {
                case self.separator, UInt8(ascii: "\""), UInt8(ascii: "\r"), UInt8(ascii: "\n"): true
                default: false
                }
            }
        guard needsQuotes else {
            self.bytes += cell.utf8
            return
        }
        self.bytes.append(UInt8(ascii: "\""))
        for byte in cell.utf8 {
            if byte == UInt8(ascii: "\"") { self.bytes.append(byte) }
            self.bytes.append(byte)
        }
        self.bytes.append(UInt8(ascii: "\""))
    }
}
