/// Reads CSV row by row: RFC 4180, and what spreadsheets make of it.
///
/// Cells are separated by commas, semicolons or tabs; rows end with CRLF, LF or CR, the last one with or without; a quoted
/// cell may hold separators, line ends and doubled quotes. A quote inside a cell that does not begin with one is a character
/// like any other, as it is to Excel. Rows are numbered as a spreadsheet shows them: a quoted line end makes no new row, an
/// empty line is a row without cells.
///
/// A plain value without any I/O. The bytes it reads are never changed; a cell is copied when it is read.
package struct CSVReader {
    /// One row.
    package struct Row: Sendable, Hashable {
        /// Its number in the file, counted from 1.
        package let number: Int
        /// What its cells hold, without the quotes around them; none for an empty line.
        package let cells: [String]

        /// Whether nothing is in it: an empty line, or one of separators alone, as spreadsheets leave them at the end.
        package var isBlank: Bool { self.cells.allSatisfy(\.isEmpty) }
    }

    /// What the file does, as given or as found in its first row.
    package let dialect: CSVDialect

    private let bytes: [UInt8]
    private let limits: CSVLimits
    private var position: Int
    private var number = 0

    /// Takes a file; the first row is not read yet.
    ///
    /// - Parameters:
    ///   - file: All its bytes: UTF-8 with or without a byte order mark, or UTF-16 with one.
    ///   - separator: What separates its cells; nil for what its first row has most of outside quotes. A first line
    ///     `sep=;`, by which Excel is told the separator, is understood and is no row.
    ///   - decimalMark: What begins decimals; nil for what goes with the separator.
    ///   - limits: How much the file may hold.
    /// - Throws: `CSVError` for a file that is too large, no text, or not in one of these encodings.
    package init(
        _ file: [UInt8],
        separator: CSVDialect.Separator? = nil,
        decimalMark: CSVDialect.DecimalMark? = nil,
        limits: CSVLimits = .standard
    ) throws(CSVError) {
        self.bytes = try CSVText(file, limits: limits).bytes
        self.limits = limits
        let (declared, start) = Self.declaration(self.bytes)
        self.position = start
        self.dialect = CSVDialect(
            separator: separator ?? declared ?? Self.likeliest(self.bytes[start...]),
            decimalMark: decimalMark
        )
    }

    /// Reads the next row.
    ///
    /// - Returns: The row; nil at the end of the file.
    /// - Throws: `CSVError` with the place of what cannot be read.
    package mutating func next() throws(CSVError) -> Row? {
        guard self.position < self.bytes.count else { return nil }
        self.number += 1
        guard self.number <= self.limits.rows else {
            throw CSVError(
                .tooLarge,
                row: self.number,
                "The file has more than \(self.limits.rows) rows. Import it in parts."
            )
        }
        // An empty line is no cell rather than one that is empty.
        if self.skipLineEnd() { return Row(number: self.number, cells: []) }
        var cells: [String] = []
        while true {
            guard cells.count < self.limits.columns else {
                throw CSVError(
                    .tooLarge,
                    row: self.number,
                    "It has more than \(self.limits.columns) cells. Is \(self.dialect.separator.word) the right separator?"
                )
            }
            cells.append(try self.cell(cells.count))
            guard self.position < self.bytes.count else { break }
            if self.bytes[self.position] == self.dialect.separator.byte {
                self.position += 1
                continue
            }
            if self.skipLineEnd() { break }
        }
        return Row(number: self.number, cells: cells)
    }

    // MARK: A cell

    /// Reads the cell at the position, and stops before the separator or the line end that follows.
    private mutating func cell(_ column: Int) throws(CSVError) -> String {
        guard self.position < self.bytes.count, self.bytes[self.position] == Self.quote else {
            let start = self.position
            while self.position < self.bytes.count, !self.endsCell(self.bytes[self.position]) { self.position += 1 }
            return try self.text(self.bytes[start..<self.position], column)
        }
        return try self.quotedCell(column)
    }

    private mutating func quotedCell(_ column: Int) throws(CSVError) -> String {
        self.position += 1
        var content: [UInt8] = []
        var start = self.position
        while true {
            guard self.position < self.bytes.count else {
                throw CSVError(
                    .syntax,
                    row: self.number,
                    column: column,
                    "A quote is opened here and never closed. Close it, or double it if it belongs to the text."
                )
            }
            guard self.bytes[self.position] == Self.quote else {
                self.position += 1
                continue
            }
            content += self.bytes[start..<self.position]
            self.position += 1
            guard self.position < self.bytes.count, self.bytes[self.position] == Self.quote else { break }
            // The second of a doubled quote begins the next stretch, and so stays.
            start = self.position
            self.position += 1
        }
        guard self.position >= self.bytes.count || self.endsCell(self.bytes[self.position]) else {
            throw CSVError(
                .syntax,
                row: self.number,
                column: column,
                "Text follows the quote that closes this cell. Double the quotes that belong to the text."
            )
        }
        return try self.text(content[...], column)
    }

    private func endsCell(_ byte: UInt8) -> Bool {
        byte == self.dialect.separator.byte || byte == Self.lineFeed || byte == Self.carriageReturn
    }

    private mutating func skipLineEnd() -> Bool {
        guard self.position < self.bytes.count else { return false }
        switch self.bytes[self.position] {
        case Self.carriageReturn:
            self.position += 1
            if self.position < self.bytes.count, self.bytes[self.position] == Self.lineFeed { self.position += 1 }
            return true
        case Self.lineFeed:
            self.position += 1
            return true
        default:
            return false
        }
    }

    private func text(_ bytes: ArraySlice<UInt8>, _ column: Int) throws(CSVError) -> String {
        guard bytes.count <= self.limits.cell else {
            throw CSVError(
                .tooLarge,
                row: self.number,
                column: column,
                "The cell has \(bytes.count) bytes, and \(self.limits.cell) are accepted. Is a quote missing before it?"
            )
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw CSVError(
                .encoding,
                row: self.number,
                column: column,
                "The cell is not UTF-8, and guessing another encoding would damage names. \(CSVText.remedy)"
            )
        }
        guard !bytes.contains(0) else {
            throw CSVError(.notText, row: self.number, column: column, "The cell has a zero byte, which no text has.")
        }
        return text
    }

    // MARK: The first row

    private static let quote = UInt8(ascii: "\"")
    private static let lineFeed = UInt8(ascii: "\n")
    private static let carriageReturn = UInt8(ascii: "\r")

    /// Excel's `sep=;` line, and where the rows begin.
    private static func declaration(_ bytes: [UInt8]) -> (CSVDialect.Separator?, start: Int) {
        let word = Array("sep=".utf8)
        guard bytes.count > word.count, bytes.prefix(word.count).elementsEqual(word),
            let separator = CSVDialect.Separator.allCases.first(where: { $0.byte == bytes[word.count] })
        else { return (nil, 0) }
        var end = word.count + 1
        guard end < bytes.count else { return (separator, end) }
        guard bytes[end] == Self.carriageReturn || bytes[end] == Self.lineFeed else { return (nil, 0) }
        if bytes[end] == Self.carriageReturn, end + 1 < bytes.count, bytes[end + 1] == Self.lineFeed { end += 1 }
        return (separator, end + 1)
    }

    /// The separator that the first row that is not empty has most of; the comma where there is none.
    private static func likeliest(_ bytes: ArraySlice<UInt8>) -> CSVDialect.Separator {
        var counts = [0, 0, 0]
        var isQuoted = false
        var sawText = false
        for byte in bytes {
            if byte == Self.quote {
                isQuoted.toggle()
            } else if !isQuoted {
                if byte == Self.lineFeed || byte == Self.carriageReturn {
                    guard !sawText else { break }
                    continue
                }
                for (place, separator) in CSVDialect.Separator.allCases.enumerated() where separator.byte == byte {
                    counts[place] += 1
                }
            }
            sawText = true
        }
        let most = counts.max() ?? 0
        // The first of equals: where there is no separator at all, one column, the comma.
        return zip(counts, CSVDialect.Separator.allCases).first { $0.0 == most }?.1 ?? .comma
    }
}
