import JSON

/// Values of every kind, with the strings and numbers that go wrong more often than others.
enum RandomJSON {
    static let spellings = [
        "0", "-0", "0.0", "1e5", "1E+5", "3.5e-7", "0.030000000000000002", "0.00000008333333333333334", "-1", "1.0",
        "10",
        "123456789012345678901234567890123456789012345678901234567890", "1e400", "1e-400", "9223372036854775807",
        "-9223372036854775808", "9223372036854775808", "5e-324", "1.7976931348623157e308",
    ]

    static let strings = [
        "", "a", "model", "é", "e\u{301}", "\u{212B}", "\u{C5}", "\u{0}", "\u{1F}", "\u{7F}", "\"", "\\", "/",
        "\u{2028}",
        "👩‍👩‍👧", "\u{10FFFF}", "\u{FFFD}", "\u{FEFF}", "line\nfeed\ttab\r", "日本語", "exactly eight", "quote\"at the\\end\\",
    ]

    static func value(_ random: inout Randomness, depth: Int = 5) -> JSONValue {
        switch Int.random(in: 0..<(depth > 0 ? 8 : 5), using: &random) {
        case 0: .null
        case 1: .bool(.random(using: &random))
        case 2, 3: .number(self.number(&random))
        case 4: .string(self.string(&random))
        case 5, 6: .object(self.object(&random, depth: depth))
        default: .array((0..<self.count(&random)).map { _ in self.value(&random, depth: depth - 1) })
        }
    }

    static func object(_ random: inout Randomness, depth: Int = 5) -> JSONObject {
        var object = JSONObject()
        for _ in 0..<self.count(&random) {
            object[self.string(&random)] = self.value(&random, depth: depth - 1)
        }
        return object
    }

    /// Mostly a few, sometimes more than are searched without an index.
    private static func count(_ random: inout Randomness) -> Int {
        Int.random(in: 0..<10, using: &random) == 0
            ? Int.random(in: 0..<40, using: &random) : Int.random(in: 0..<4, using: &random)
    }

    static func number(_ random: inout Randomness) -> JSONNumber {
        if Bool.random(using: &random), let spelling = self.spellings.randomElement(using: &random),
            let number = JSONNumber(spelling: spelling)
        {
            return number
        }
        var spelling = Bool.random(using: &random) ? "-" : ""
        spelling += String(
            UInt64.random(in: 0...UInt64.max, using: &random) >> UInt64.random(in: 0..<64, using: &random)
        )
        if Bool.random(using: &random) { spelling += "." + self.digits(&random) }
        if Bool.random(using: &random) {
            spelling += ["e", "E"].randomElement(using: &random) ?? "e"
            spelling += ["", "-", "+"].randomElement(using: &random) ?? ""
            spelling += self.digits(&random)
        }
        return JSONNumber(spelling: spelling) ?? 0
    }

    private static func digits(_ random: inout Randomness) -> String {
        (0..<Int.random(in: 1...4, using: &random)).map { _ in String(Int.random(in: 0...9, using: &random)) }.joined()
    }

    static func string(_ random: inout Randomness) -> String {
        if Bool.random(using: &random) { return self.strings.randomElement(using: &random) ?? "" }
        var string = ""
        for _ in 0..<Int.random(in: 0..<20, using: &random) {
            let scalar = Unicode.Scalar(UInt32.random(in: 0...0x10FFFF, using: &random)) ?? "\u{FFFD}"
            let ascii = Unicode.Scalar(UInt8.random(in: 0...0x7F, using: &random))
            string.unicodeScalars.append(Int.random(in: 0..<4, using: &random) == 0 ? scalar : ascii)
        }
        return string
    }

    /// The value as text with white space, escapes and member order that a writer of ours would not choose.
    static func text(_ value: JSONValue, _ random: inout Randomness) -> [UInt8] {
        var bytes: [UInt8] = []
        self.space(&bytes, &random)
        switch value {
        case .array(let elements):
            bytes.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                bytes += self.text(element, &random)
            }
            self.space(&bytes, &random)
            bytes.append(UInt8(ascii: "]"))
        case .object(let object):
            bytes.append(UInt8(ascii: "{"))
            for (index, member) in object.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                self.space(&bytes, &random)
                bytes += self.escaped(member.key, &random)
                self.space(&bytes, &random)
                bytes.append(UInt8(ascii: ":"))
                bytes += self.text(member.value, &random)
            }
            self.space(&bytes, &random)
            bytes.append(UInt8(ascii: "}"))
        case .string(let string):
            bytes += self.escaped(string, &random)
        case .null, .bool, .number:
            bytes += value.serialized()
        }
        self.space(&bytes, &random)
        return bytes
    }

    private static func space(_ bytes: inout [UInt8], _ random: inout Randomness) {
        while Int.random(in: 0..<5, using: &random) == 0 {
            bytes.append([0x20, 0x0A, 0x0D, 0x09].randomElement(using: &random) ?? 0x20)
        }
    }

    /// A string of which some characters are `\u` escapes although they need not be.
    private static func escaped(_ string: String, _ random: inout Randomness) -> [UInt8] {
        var bytes: [UInt8] = [UInt8(ascii: "\"")]
        for scalar in string.unicodeScalars {
            if Int.random(in: 0..<4, using: &random) == 0 {
                for unit in UTF16.encode(scalar).map({ Array($0) }) ?? [] {
                    let digits = String(unit, radix: 16, uppercase: .random(using: &random))
                    bytes +=
                        Array("\\u".utf8) + Array(repeating: UInt8(ascii: "0"), count: 4 - digits.count)
                        + Array(digits.utf8)
                }
            } else {
                bytes += JSONValue.string(String(scalar)).serialized().dropFirst().dropLast()
            }
        }
        return bytes + [UInt8(ascii: "\"")]
    }
}
