import JSON
import Testing

/// What must hold for every value and every run of bytes, tried on many; a failure prints the seed that repeats it.
@Suite struct PropertyTests {
    @Test func everyValueComesBack() throws {
        var random = Randomness(seed: Randomness.seed(for: "everyValueComesBack"))
        for _ in 0..<2_000 {
            let value = RandomJSON.value(&random)
            for style in [JSONStyle.compact, .pretty, .canonical] {
                #expect(try JSONValue(parsing: value.serialized(style)) == value)
            }
            let spelledOtherwise = RandomJSON.text(value, &random)
            let read = try JSONValue(parsing: spelledOtherwise)
            #expect(read.serialized() == value.serialized(), "\(String(decoding: spelledOtherwise, as: UTF8.self))")
        }
    }

    @Test func theScannerFindsWhatTheParserReads() throws {
        var random = Randomness(seed: Randomness.seed(for: "theScannerFindsWhatTheParserReads"))
        for _ in 0..<2_000 {
            let object = RandomJSON.object(&random)
            let bytes = RandomJSON.text(.object(object), &random)
            let members = try JSONScanner.topLevelMembers(of: bytes)
            #expect(members.map(\.name) == object.keys)
            for (member, expected) in zip(members, object) {
                #expect(try JSONValue(parsing: bytes[member.keyRange]) == .string(expected.key))
                #expect(try JSONScanner.value(in: member.valueRange, of: bytes.span) == expected.value)
                try self.descend(member.valueRange, bytes, expected.value)
            }
        }
    }

    private func descend(_ range: Range<Int>, _ bytes: [UInt8], _ expected: JSONValue) throws {
        switch expected {
        case .string(let string):
            #expect(try JSONScanner.string(in: range, of: bytes.span) == string)
        case .array(let elements):
            let found = try JSONScanner.elements(in: range, of: bytes.span)
            try #require(found.count == elements.count)
            for (range, element) in zip(found, elements) { try self.descend(range, bytes, element) }
        case .object(let object):
            let found = try JSONScanner.members(in: range, of: bytes.span)
            try #require(found.map(\.name) == object.keys)
            for (member, element) in zip(found, object) { try self.descend(member.valueRange, bytes, element.value) }
        case .null, .bool, .number:
            #expect(try JSONValue(parsing: bytes[range]) == expected)
            #expect(throws: JSONError.self) { try JSONScanner.string(in: range, of: bytes.span) }
            #expect(throws: JSONError.self) { try JSONScanner.members(in: range, of: bytes.span) }
            #expect(throws: JSONError.self) { try JSONScanner.elements(in: range, of: bytes.span) }
        }
    }

    /// Bytes are changed, removed, doubled and cut. Parser and scanner must agree on whether the result is an object, on the
    /// place of the error where it is not JSON, and on its members where it is.
    @Test func damagedTextsAreReadAlikeOrRefusedAlike() throws {
        var random = Randomness(seed: Randomness.seed(for: "damagedTextsAreReadAlikeOrRefusedAlike"))
        var read = 0
        for _ in 0..<15_000 {
            var bytes = RandomJSON.text(.object(RandomJSON.object(&random, depth: 3)), &random)
            for _ in 0..<Int.random(in: 1...4, using: &random) { Self.damage(&bytes, &random) }
            let parsed: Result<JSONValue, JSONError> = Result { () throws(JSONError) in try JSONValue(parsing: bytes) }
            let scanned: Result<[JSONMember], JSONError> = Result { () throws(JSONError) in
                try JSONScanner.topLevelMembers(of: bytes)
            }
            switch (parsed, scanned) {
            case (.success(let value), .success(let members)):
                read += 1
                let object = try #require(value.objectValue)
                #expect(members.count(where: { !$0.isRepeated }) == object.count)
                for member in object {
                    let range = try #require(members[member.key]).valueRange
                    #expect(try JSONScanner.value(in: range, of: bytes.span) == member.value)
                }
            case (.failure(let one), .failure(let other)):
                #expect(one == other || other.code == .wrongType, "\(bytes)")
            case (.success(let value), .failure(let error)):
                #expect(value.objectValue == nil && error.code == .wrongType, "\(bytes)")
            case (.failure, .success):
                Issue.record("the scanner accepts what the parser refuses: \(bytes)")
            }
        }
        #expect(read > 100, "too few damaged texts were still JSON for the test to mean something")
    }

    static func damage(_ bytes: inout [UInt8], _ random: inout Randomness) {
        guard !bytes.isEmpty else { return }
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<6, using: &random) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes[place] = Array(#"{}[]",:\ue0-.+1 "#.utf8).randomElement(using: &random) ?? 0
        case 2: bytes.remove(at: place)
        case 3: bytes.insert(bytes[place], at: place)
        case 4: bytes.swapAt(place, Int.random(in: 0..<bytes.count, using: &random))
        default: if Int.random(in: 0..<4, using: &random) == 0 { bytes.removeLast(bytes.count - place) }
        }
    }
}
