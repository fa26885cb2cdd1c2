import JSON
import Testing

/// What RFC 8259 allows and forbids, text by text.
@Suite struct GrammarTests {
    @Test(arguments: [
        "null", "true", "false", " true ", "\t\r\n0\n", "\"\"", "[]", "{}", "[ ]", "{ }", "[[]]", "[{}]", "{\"\":0}",
        "-0", "0", "-1", "10", "0.0", "0e1", "0e+1", "0E-1", "1.5e300", "-0.0", "1e0001", "123e65", "1e400",
        "[1,2]", "[1 , 2]", "{\"a\":[1,{\"b\":null}],\"c\":\"d\"}", "{\"a\":1,\"a\":2}",
        #""\"\\\/\b\f\n\r\t""#, #""\u0000""#, #""\uD83D\uDE00""#, #""\ud83d\ude00""#, #""\uFFFF""#, "\"\u{7F}\"",
        "\"\u{2028}\"",
        "\"é\"", "\"\u{10FFFF}\"", #""\ud83d""#, #""\ude00\ud83d""#, #""\ud83dx""#, #""\ud83d\u0041""#, "\u{FEFF}[1]",
    ]) func accepted(_ text: String) throws {
        let value = try JSONValue(parsing: text.utf8)
        #expect(try JSONValue(parsing: value.serialized()) == value)
        let wrapped = Array("{\"v\":\(text.drop { $0 == "\u{FEFF}" })}".utf8)
        let members = try JSONScanner.topLevelMembers(of: wrapped)
        #expect(members.count == 1)
    }

    @Test(arguments: [
        "[1,]", "[,1]", "[1,,2]", "[,]", "{,}", "{\"a\":1,}", "{\"a\"}", "{\"a\" 1}", "{\"a\":}", "{a:1}", "{'a':1}",
        "{1:1}",
        "{\"a\":1 \"b\":2}", "{\"a\":1,,\"b\":2}", "{null:1}", "[1 2]", "[1:2]", "{[]:1}",
        "+1", "-", "--1", "01", "-01", "00", "1.", ".5", "-.5", "1.e5", "1e", "1e+", "1ee5", "0x10", "1_000", "NaN",
        "-NaN",
        "Infinity", "-Infinity", "1,5", "1 000", "1e1.5",
        "tru", "True", "TRUE", "truee", "nul", "nil", "undefined", "fals",
        "'a'", "\"a", "a\"", #""\a""#, #""\x41""#, #""\u12""#, #""\u12G4""#, #""\U0041""#, #""\"#, #""\u""#, #""\ ""#,
        "\"\n\"", "\"\t\"", "\"\u{0}\"", "\"\u{1F}\"", "// no", "/* no */ 1", "[1] // no", "[1]]", "{}}", "1 2", "[][]",
        "}", "]",
        "[\u{A0}1]", "[1\u{C}]", "\u{2060}[]", "[\u{FEFF}1]", "*", "&", "\\n", "[}", "{]", "[", "{", "[1", "{\"a\":1",
        "{\"a\"",
    ]) func refused(_ text: String) throws {
        let error = try #require(throws: JSONError.self) { try JSONValue(parsing: text.utf8) }
        #expect(error.offset <= text.utf8.count)
        #expect(!error.message.isEmpty)
        #expect(throws: JSONError.self) { try JSONScanner.topLevelMembers(of: Array("{\"v\":\(text)}".utf8)) }
    }

    @Test(
        arguments: [
            [0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xE2, 0x82, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22],
            [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22], [0x22, 0x80, 0x22], [0x22, 0xC3, 0x22], [0x5B, 0xE9, 0x5D],
            [0x22, 0xF0, 0x80, 0x80, 0xAF, 0x22],
        ] as [[UInt8]]
    ) func refusesInvalidUTF8(_ bytes: [UInt8]) throws {
        let error = try #require(throws: JSONError.self) { try JSONValue(parsing: bytes) }
        #expect(error.code == .encoding)
        #expect(error.offset == 1)
        let object = Array("{\"v\":".utf8) + bytes + Array("}".utf8)
        #expect(throws: JSONError.self) { try JSONScanner.topLevelMembers(of: object) }
    }

    @Test(
        arguments: [
            [0xFE, 0xFF, 0x00, 0x5B], [0xFF, 0xFE, 0x5B, 0x00], [0x5B, 0x00, 0x5D, 0x00], [0x00, 0x5B, 0x00, 0x5D],
            [0x00, 0x00, 0x00, 0x31],
        ] as [[UInt8]]
    ) func namesWideEncodings(_ bytes: [UInt8]) throws {
        let error = try #require(throws: JSONError.self) { try JSONValue(parsing: bytes) }
        #expect(error.code == .encoding)
        #expect(error.message.contains("UTF-16"))
    }

    @Test(arguments: ["", " ", "\n\t ", "\u{FEFF}", "\u{FEFF} "]) func emptyIsAnErrorOfItsOwn(_ text: String) throws {
        let error = try #require(throws: JSONError.self) { try JSONValue(parsing: text.utf8) }
        #expect(error.code == .empty)
    }

    @Test func saysWhere() throws {
        let error = try #require(throws: JSONError.self) { try JSONValue(parsing: "{\n  \"é\": [1,\n  \"x\" 2]}".utf8) }
        #expect(error.code == .syntax)
        #expect((error.line, error.column) == (3, 7))
        #expect(error.offset == 20)
        #expect(error.description == "line 3, column 7 (byte 20): expected ',' or ']', found '2'")
    }

    @Test(arguments: ["[1,]", "{\"a\":1,}", "[1 , ]"]) func namesACommaThatComesLast(_ text: String) throws {
        let error = try #require(throws: JSONError.self) { try JSONValue(parsing: text.utf8) }
        #expect(error.message.contains("a comma may not come last"))
        #expect(error.offset == text.utf8.count - 1)
    }

    @Test func saysThatATextWasCut() throws {
        let whole = Array(#"{"data":[{"id":"a\u00e9b","n":-1.5e3,"t":true}]}"#.utf8)
        for length in 1..<whole.count {
            let error = try #require(throws: JSONError.self) { try JSONValue(parsing: whole[..<length]) }
            #expect(error.code == .unexpectedEnd, "cut after \(length) bytes: \(error)")
        }
        #expect(throws: Never.self) { try JSONValue(parsing: whole) }
    }

    @Test func readsEscapes() throws {
        let text =
            #"["\"\\\/\b\f\n\r\tA", "\u00e9\uD83D\uDE00", "\ud83d", "\ude00x", "\ud83d\u0041", "\ud83d\ud83d\ude00"]"#
        let value = try JSONValue(parsing: text.utf8)
        #expect(
            value
                == [
                    "\"\\/\u{8}\u{C}\n\r\tA", "é😀", "\u{FFFD}", "\u{FFFD}x", "\u{FFFD}A", "\u{FFFD}😀",
                ]
        )
    }

    @Test(arguments: ["[", "{\"a\":", "[{\"a\":["]) func aMegabyteOfOpeningsIsRefused(_ opening: String) throws {
        let bytes = Array(repeating: Array(opening.utf8), count: 1_000_000 / opening.utf8.count).flatMap { $0 }
        for limits in [JSONLimits(), JSONLimits(depth: .max)] {
            let error = try #require(throws: JSONError.self) { try JSONValue(parsing: bytes, limits: limits) }
            #expect(error.code == .tooDeep)
            let object = Array("{\"a\":".utf8) + bytes
            let scanned = try #require(throws: JSONError.self) {
                try JSONScanner.topLevelMembers(of: object, limits: limits)
            }
            #expect(scanned.code == .tooDeep)
        }
    }

    @Test func limitsAreExact() throws {
        func nested(_ depth: Int) -> [UInt8] {
            Array(String(repeating: "[", count: depth).utf8) + Array(String(repeating: "]", count: depth).utf8)
        }
        #expect(throws: Never.self) { try JSONValue(parsing: nested(3), limits: JSONLimits(depth: 3)) }
        #expect(throws: JSONError.self) { try JSONValue(parsing: nested(4), limits: JSONLimits(depth: 3)) }
        #expect(throws: Never.self) { try JSONValue(parsing: nested(512), limits: JSONLimits(depth: 100_000)) }
        #expect(throws: JSONError.self) { try JSONValue(parsing: nested(513), limits: JSONLimits(depth: 100_000)) }
        #expect(throws: Never.self) { try JSONValue(parsing: nested(3), limits: JSONLimits(bytes: 6)) }
        let error = try #require(throws: JSONError.self) {
            try JSONValue(parsing: nested(3), limits: JSONLimits(bytes: 5))
        }
        #expect(error.code == .tooLarge)
    }

    @Test func countsAreLimitedToo() throws {
        let array = Array("[1,2,{\"a\":3}]".utf8)
        #expect(throws: Never.self) { try JSONValue(parsing: array, limits: JSONLimits(values: 5)) }
        let error = try #require(throws: JSONError.self) {
            try JSONValue(parsing: array, limits: JSONLimits(values: 4))
        }
        #expect(error.code == .tooLarge)
        let object = Array("{\"a\":1,\"b\":[1,2,3,4,5],\"c\":3}".utf8)
        #expect(try JSONScanner.topLevelMembers(of: object, limits: JSONLimits(members: 3)).count == 3)
        let refused = try #require(throws: JSONError.self) {
            try JSONScanner.topLevelMembers(of: object, limits: JSONLimits(members: 2))
        }
        #expect(refused.code == .tooLarge)
        let long = Array("[\(repeatElement("0", count: 4_097).joined(separator: ","))]".utf8)
        let all = 0..<long.count
        #expect(throws: JSONError.self) { try JSONScanner.elements(in: all, of: long.span) }
        #expect(try JSONScanner.elements(in: all, of: long.span, limits: JSONLimits(members: 4_097)).count == 4_097)
    }
}
