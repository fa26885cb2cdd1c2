import Exchange
import Testing

/// What a reader makes of bytes as spreadsheets and people write them.
@Suite struct CSVReaderTests {
    @Test(arguments: [
        "a,b\r\nc,d\r\n", "a,b\nc,d", "a,b\rc,d\r", "a;b\r\nc;d", "a\tb\nc\td\n", "\"a\",\"b\"\r\n\"c\",d",
    ])
    func everySeparatorAndLineEnd(_ text: String) throws {
        #expect(try Self.rows(text) == [["a", "b"], ["c", "d"]])
    }

    @Test func quotedCellsHoldAnything() throws {
        let text = "a,b\r\n\"x,\"\"y\"\"\r\nz;\",\"\"\r\n5\" screen,\"\"\"\"\r\n"
        #expect(try Self.rows(text) == [["a", "b"], ["x,\"y\"\r\nz;", ""], ["5\" screen", "\""]])
    }

    @Test func rowsAreNumberedAsASpreadsheetShowsThem() throws {
        var reader = try CSVReader(Array("a,b\n\"1\n2\n3\",x\n\n,,\nlast,row".utf8))
        var numbers: [Int] = []
        var blank: [Int] = []
        while let row = try reader.next() {
            numbers.append(row.number)
            if row.isBlank { blank.append(row.number) }
        }
        #expect(numbers == [1, 2, 3, 4, 5])
        #expect(blank == [3, 4])
    }

    @Test func everyEncodingOfASpreadsheet() throws {
        let text = "Name;Größe\r\n„Ünï“ 🦙;\"ja; \"\"so\"\"\"\r\n"
        let expected = [["Name", "Größe"], ["„Ünï“ 🦙", "ja; \"so\""]]
        #expect(try Self.rows([0xEF, 0xBB, 0xBF] + text.utf8) == expected)
        #expect(try Self.rows(Array(text.utf8)) == expected)
        let units = Array(text.replacing(";", with: "\t").utf16)
        let tabbed = [["Name", "Größe"], ["„Ünï“ 🦙", "ja\t \"so\""]]
        #expect(try Self.rows([0xFF, 0xFE] + units.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }) == tabbed)
        #expect(try Self.rows([0xFE, 0xFF] + units.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }) == tabbed)
    }

    @Test func theSeparatorIsThatOfTheFirstRow() throws {
        #expect(try CSVReader(Array("a;b,c;d\n1,2,3,4,5".utf8)).dialect.separator == .semicolon)
        #expect(try CSVReader(Array("\"a,b,c\";d\n".utf8)).dialect.separator == .semicolon)
        #expect(try CSVReader(Array("\r\n\r\na\tb;c\td".utf8)).dialect.separator == .tab)
        #expect(try CSVReader(Array("alone\n1;2;3".utf8)).dialect.separator == .comma)
        #expect(try CSVReader(Array("a,b,c".utf8), separator: .semicolon).dialect.separator == .semicolon)
        var declared = try CSVReader(Array("sep=;\r\na,b\r\n".utf8))
        #expect(declared.dialect.separator == .semicolon)
        let row = try declared.next()
        #expect(row?.number == 1)
        #expect(row?.cells == ["a,b"])
    }

    @Test func theDecimalMarkGoesWithTheSeparator() throws {
        #expect(try CSVReader(Array("a;b".utf8)).dialect.decimalMark == .comma)
        #expect(try CSVReader(Array("a,b".utf8)).dialect.decimalMark == .point)
        #expect(try CSVReader(Array("a\tb".utf8)).dialect.decimalMark == .point)
        #expect(try CSVReader(Array("a;b".utf8), decimalMark: .point).dialect.decimalMark == .point)
    }

    @Test(
        arguments: [
            (
                Array("a,b\nx,Gr\u{FC}".unicodeScalars.map { UInt8($0.value) }), CSVError.Code.encoding, 2, 1,
                "CSV UTF-8"
            ),
            (Array("a,b\n\"x,y\n".utf8), .syntax, 2, 0, "never closed"),
            (Array("a,b\n1,\"x\"y\n".utf8), .syntax, 2, 1, "Double the quotes"),
            (Array("a,b\n".utf8) + [0x78] + Array(repeating: 0x79, count: 70) + [0x00], .notText, 2, 0, "zero byte"),
            ([0x50, 0x4B, 0x03, 0x04, 0x14], .notText, nil, nil, "workbook"),
            ([0xD0, 0xCF, 0x11, 0xE0, 0xA1], .notText, nil, nil, ".xls"),
            (Array("a,b".utf8).flatMap { [$0, 0] }, .encoding, nil, nil, "byte order mark"),
            ([0xFF, 0xFE, 0x61, 0x00, 0x62], .encoding, nil, nil, "cut"),
            ([0xFF, 0xFE, 0x61, 0x00, 0x0A, 0x00, 0x00, 0xD8, 0x61, 0x00], .encoding, 2, nil, "damaged"),
        ] as [([UInt8], CSVError.Code, Int?, Int?, String)]
    )
    func refusalsSayWhereAndWhatToDo(
        _ bytes: [UInt8],
        _ code: CSVError.Code,
        _ row: Int?,
        _ column: Int?,
        _ word: String
    ) {
        let error = #expect(throws: CSVError.self) { try Self.rows(bytes) }
        #expect(error?.code == code)
        #expect(error?.row == row)
        #expect(error?.column == column)
        #expect(error?.message.contains(word) == true, "\(error?.message ?? "")")
    }

    @Test func limitsAreRefusedWhereTheyAreReached() {
        var limits = CSVLimits()
        limits.rows = 3
        limits.columns = 2
        limits.cell = 4
        limits.bytes = 40
        #expect(throws: CSVError.self) { try Self.rows(Array("a\nb\nc\nd".utf8), limits: limits) }
        #expect(throws: CSVError.self) { try Self.rows(Array("a,b,c".utf8), limits: limits) }
        #expect(throws: CSVError.self) { try Self.rows(Array("a,12345".utf8), limits: limits) }
        #expect(throws: CSVError.self) { try Self.rows(Array(repeating: 0x0A, count: 41), limits: limits) }
        #expect(throws: Never.self) { try Self.rows(Array("a,1234\nb\nc\n".utf8), limits: limits) }
    }

    @Test func columnsHaveTheLettersOfASpreadsheet() {
        #expect(
            [0, 5, 25, 26, 51, 52, 701, 702].map(CSVColumn.letters) == ["A", "F", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]
        )
    }

    static func rows(_ text: String) throws -> [[String]] {
        try self.rows(Array(text.utf8))
    }

    static func rows(_ bytes: [UInt8], limits: CSVLimits = .standard) throws -> [[String]] {
        var reader = try CSVReader(bytes, limits: limits)
        var rows: [[String]] = []
        while let row = try reader.next() { rows.append(row.cells) }
        return rows
    }
}
