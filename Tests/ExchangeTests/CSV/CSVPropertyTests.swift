import Testing

@testable import Exchange

/// What was written is what is read, whatever it is.
@Suite struct CSVPropertyTests {
    @Test func tablesOfNastyTextsSurvive() throws {
        var random = Randomness(seed: Randomness.seed(for: "CSV round trip"))
        for _ in 0..<400 {
            let separator = CSVDialect.Separator.allCases.randomElement(using: &random) ?? .comma
            let width = Int.random(in: 1...6, using: &random)
            let table = (0..<Int.random(in: 1...12, using: &random)).map { _ in
                (0..<width).map { _ in NastyText.random(&random) }
            }
            let encoding = Int.random(in: 0...3, using: &random)
            // Without a mark of the file, one that belongs to the first cell would be taken for it.
            guard encoding != 0 || table[0][0].unicodeScalars.first != "\u{FEFF}" else { continue }
            // A first row that looks like Excel's own line about separators is no table of ours.
            guard !(width == 2 && table[0] == ["sep=", ""]) else { continue }
            var writer = CSVWriter(separator: separator, hasByteOrderMark: encoding == 1)
            for row in table { writer.add(row) }
            let bytes =
                encoding < 2
                ? writer.bytes
                : NastyText.utf16(String(decoding: writer.bytes, as: UTF8.self), isLittleEndian: encoding == 2)
            var reader = try CSVReader(bytes, separator: separator)
            var read: [[String]] = []
            while let row = try reader.next() { read.append(row.cells) }
            #expect(read == table)
            guard read == table else { break }
        }
    }

    @Test func noTextRunsAsAFormulaAndNoneIsChanged() {
        var random = Randomness(seed: Randomness.seed(for: "formulas"))
        let dangerous: Set<Character> = ["=", "+", "-", "@", "\t", "\r", "\n", "\r\n", "＝", "＋", "－", "＠"]
        for _ in 0..<5_000 {
            let text = NastyText.random(&random)
            let written = FormulaGuard.written(text)
            #expect(FormulaGuard.read(written) == text)
            #expect(written.first { $0 != " " }.map { !dangerous.contains($0) } ?? true, "\(written.debugDescription)")
        }
        #expect(FormulaGuard.written("=cmd|' /C calc'!A0") == "'=cmd|' /C calc'!A0")
        #expect(FormulaGuard.written("'tis") == "'tis")
        #expect(FormulaGuard.read("'tis") == "'tis")
        #expect(FormulaGuard.written("'=1") == "''=1")
        #expect(FormulaGuard.read("''=1") == "'=1")
        #expect(FormulaGuard.written("  =1") == "'  =1")
    }

    @Test func listsSurvive() throws {
        var random = Randomness(seed: Randomness.seed(for: "lists"))
        for _ in 0..<3_000 {
            let list = (0..<Int.random(in: 0...5, using: &random)).map { _ in NastyText.random(&random) }
            #expect(try ListText.read(ListText.written(list)) == list)
        }
        #expect(ListText.written(["a", "b;c", " d", "", "e\\"]) == "a; b\\;c; \\ d; \\0; e\\\\")
        #expect(try ListText.read("a;b ;; c;") == ["a", "b", "c"])
        #expect(throws: CellRefusal.self) { try ListText.read("a; b\\") }
    }
}

/// Texts of the kind that breaks readers.
enum NastyText {
    private static let pieces = [
        "", "a", "Name", "=", "+", "-", "@", "'", "''", "\"", "\"\"", ",", ";", "\t", "\n", "\r", "\r\n", " ", "  ",
        "\\", "\\;",
        "\u{FEFF}", "ä", "🦙", "👩‍👩‍👧", "\u{2028}", "\u{85}", "sep=", "#N/A", "0", "1,234", "TRUE", "＝", "é", "e\u{301}",
        "\u{1}", "NULL", "; ",
    ]

    static func random(_ random: inout Randomness) -> String {
        (0..<Int.random(in: 0...5, using: &random)).map { _ in self.pieces.randomElement(using: &random) ?? "" }
            .joined()
    }

    static func utf16(_ text: String, isLittleEndian: Bool) -> [UInt8] {
        [UInt16(0xFEFF)].flatMap { self.bytes($0, isLittleEndian) }
            + text.utf16.flatMap { self.bytes($0, isLittleEndian) }
    }

    private static func bytes(_ unit: UInt16, _ isLittleEndian: Bool) -> [UInt8] {
        let (low, high) = (UInt8(unit & 0xFF), UInt8(unit >> 8))
        return isLittleEndian ? [low, high] : [high, low]
    }
}
