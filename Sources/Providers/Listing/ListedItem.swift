package import JSON

/// One row of a list, read leniently: what is absent, null, empty or of another type than expected is "not told".
package struct ListedItem: Sendable {
    package let object: JSONObject

    package init(_ object: JSONObject) {
        self.object = object
    }

    /// The longest id, in bytes: beyond this a unique index cannot hold it.
    package static let longestID = 512

    /// The longest text that is taken over, in characters.
    package static let longestText = 16_384

    /// Whatever stands at a path of member names.
    package func value(_ path: String...) -> JSONValue? { self.value(at: path) }

    func value(at path: [String]) -> JSONValue? {
        var value: JSONValue? = .object(self.object)
        for name in path { value = value[name] }
        return value == .null ? nil : value
    }

    /// The model's id from the first of several members that has one.
    ///
    /// - Parameters:
    ///   - members: the names under which providers put it.
    ///   - prefix: what is taken off its beginning, as in `models/gemini-2.5-pro`.
    /// - Returns: the id, as the inference API expects it.
    /// - Throws: an ``ItemRefusal`` where there is none that could be stored and sent.
    package func id(_ members: String..., droppingPrefix prefix: String = "") throws(ItemRefusal) -> String {
        try self.id(anyOf: members, droppingPrefix: prefix)
    }

    func id(anyOf members: [String], droppingPrefix prefix: String) throws(ItemRefusal) -> String {
        for member in members {
            switch self.value(at: [member]) {
            case nil: continue
            case .string(let text):
                let id = text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : text
                guard !id.isEmpty else { continue }
                guard id.utf8.count <= Self.longestID else {
                    throw ItemRefusal(
                        "the id is \(id.utf8.count) bytes long, and at most \(Self.longestID) are accepted"
                    )
                }
                guard id.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control && $0 != "\u{FFFD}" }),
                    id.first?.isWhitespace == false, id.last?.isWhitespace == false
                else { throw ItemRefusal("the id contains characters that no model name has") }
                return id
            case .some(let other):
                throw ItemRefusal("the id (\(member)) is \(other.kind), not a string")
            }
        }
        throw ItemRefusal("the row has no id (\(members.joined(separator: ", ")))")
    }

    /// A text that is not empty.
    package func text(_ path: String...) -> String? { self.text(at: path) }

    func text(at path: [String]) -> String? {
        guard let text = self.value(at: path)?.stringValue else { return nil }
        guard text.contains(where: { !$0.isWhitespace }) else { return nil }
        return text.count > Self.longestText ? String(text.prefix(Self.longestText)) : text
    }

    /// A number of tokens above zero: lists say 0 where they do not know, and some spell numbers in strings.
    package func count(_ path: String...) -> Int? { self.count(at: path) }

    func count(at path: [String]) -> Int? {
        guard let number = self.value(at: path)?.int64ReadingStrings(), number > 0 else { return nil }
        // The column is a 32-bit integer; nothing with more tokens than that exists.
        return number <= Int64(Int32.max) ? Int(number) : nil
    }

    /// A flag: true or false, also as a word.
    package func flag(_ path: String...) -> Bool? { self.flag(at: path) }

    func flag(at path: [String]) -> Bool? {
        switch self.value(at: path) {
        case .bool(let flag): flag
        case .string("true"), .string("True"): true
        case .string("false"), .string("False"): false
        case nil, .null, .number, .string, .array, .object: nil
        }
    }

    /// A list of words, from an array of strings or a string with commas; nil where there is neither.
    package func words(_ path: String...) -> [String]? { self.words(at: path) }

    func words(at path: [String]) -> [String]? {
        let words: [String]
        switch self.value(at: path) {
        case .array(let elements): words = elements.compactMap(\.stringValue)
        case .string(let text):
            words = text.split(separator: ",").map { part in
                String(part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
            }
        case nil, .null, .bool, .number, .object: return nil
        }
        var seen: Set<String> = []
        return words.filter { !$0.isEmpty && $0.utf8.count <= Self.longestID && seen.insert($0).inserted }
    }

    /// A day.
    package func date(_ path: String...) -> CalendarDate? { self.date(at: path) }

    /// A day, spelled or as an object with `year`, `month` and `day` (google.type.Date).
    func date(at path: [String]) -> CalendarDate? {
        switch self.value(at: path) {
        case .string(let text): return CalendarDate(text)
        case .object(let parts):
            guard let year = parts["year"]?.int64ReadingStrings(), let month = parts["month"]?.int64ReadingStrings(),
                let day = parts["day"]?.int64ReadingStrings()
            else { return nil }
            return CalendarDate(year: Int(year), month: Int(month), day: Int(day))
        case nil, .null, .bool, .number, .array: return nil
        }
    }

    /// A price in the unit of the endpoint.
    package func price(_ unit: PriceUnit, zero: PriceUnit.Zero, _ path: String...) -> PriceReading {
        unit.read(self.value(at: path), zero: zero)
    }

    func price(_ unit: PriceUnit, zero: PriceUnit.Zero, at path: [String]) -> PriceReading {
        unit.read(self.value(at: path), zero: zero)
    }

    /// The named members as the provider sent them, without those that are absent or null.
    package func metadata(_ members: String...) -> JSONObject { self.metadata(members) }

    func metadata(_ members: [String]) -> JSONObject {
        JSONObject(members.compactMap { name in self.value(at: [name]).map { (name, $0) } })
    }

    /// Inputs and outputs from an `architecture` object as OpenRouter has it and others copy it: two lists since 2025, one
    /// string (`text+image->text`) before.
    package func modalities(_ member: String = "architecture") -> (inputs: [String], outputs: [String])? {
        if let inputs = self.words(at: [member, "input_modalities"]),
            let outputs = self.words(at: [member, "output_modalities"]), !inputs.isEmpty || !outputs.isEmpty
        {
            return (inputs, outputs)
        }
        guard let modality = self.value(at: [member, "modality"])?.stringValue,
            let arrow = modality.firstRange(of: "->")
        else { return nil }
        func words(_ side: Substring) -> [String] { side.split(separator: "+").map(String.init) }
        return (words(modality[..<arrow.lowerBound]), words(modality[arrow.upperBound...]))
    }
}
