import FoundationEssentials
package import JSON

extension YAMLValue {
    /// The value as JSON, for a place that keeps JSON.
    ///
    /// - Returns: Whole and broken numbers in whatever base as the numbers they are; days and times as text.
    /// - Throws: ``YAMLError`` for what JSON cannot say: infinities, tags, a number of which readers disagree.
    package func json() throws(YAMLError) -> JSONValue {
        guard self.tag == nil else {
            throw YAMLError(
                .unsupported,
                at: self.place,
                "a value with the tag \(self.tag ?? "") cannot be kept in the registry"
            )
        }
        switch self.content {
        case .scalar(.text(let text)):
            return .string(text)
        case .scalar(.plain(let spelling)):
            return try self.json(plain: spelling)
        case .list(let elements):
            var values: [JSONValue] = []
            for element in elements { values.append(try element.json()) }
            return .array(values)
        case .mapping(let mapping):
            return .object(try mapping.json())
        }
    }

    private func json(plain spelling: String) throws(YAMLError) -> JSONValue {
        if spelling == YAMLScalar.null.spelling { return .null }
        if let bool = YAMLResolution.bool(spelling) { return .bool(bool) }
        guard YAMLResolution.isNumber(spelling), !spelling.contains(":") else { return .string(spelling) }
        if let number = JSONNumber(spelling: spelling) { return .number(number) }
        var digits = spelling.filter { $0 != "_" && $0 != "+" }
        let isNegative = digits.first == "-"
        if isNegative { digits.removeFirst() }
        let bases: [(prefix: String, radix: Int)] = [("0x", 16), ("0o", 8), ("0b", 2)]
        if let base = bases.first(where: { digits.hasPrefix($0.prefix) }) {
            guard let magnitude = Int64(digits.dropFirst(2), radix: base.radix) else {
                throw YAMLError(.unsupported, at: self.place, "“\(spelling)” is too large a number")
            }
            return JSONValue(isNegative ? -magnitude : magnitude)
        }
        let isOctalToSome = digits.count > 1 && digits.first == "0" && digits.allSatisfy(\.isNumber)
        guard !isOctalToSome, let decimal = try? ExactDecimal((isNegative ? "-" : "") + digits).decimal() else {
            throw YAMLError(
                .unsupported,
                at: self.place,
                "“\(spelling)” is a number that not every program reads alike; write it out, or put it in quotes"
            )
        }
        return JSONValue(decimal)
    }

    /// A value of JSON as YAML.
    package init(_ json: JSONValue) {
        switch json {
        case .null: self.init(.scalar(.null))
        case .bool(let bool): self.init(bool)
        case .number(let number): self.init(.scalar(.plain(number.spelling)))
        case .string(let string): self.init(text: string)
        case .array(let elements): self.init(.list(elements.map { YAMLValue($0) }))
        case .object(let object): self.init(.mapping(YAMLMapping(object)))
        }
    }
}

extension YAMLMapping {
    /// The mapping as JSON; see ``YAMLValue/json()``.
    ///
    /// - Returns: An object of the same members in the same order.
    /// - Throws: ``YAMLError``.
    package func json() throws(YAMLError) -> JSONObject {
        var object = JSONObject()
        for (key, value) in self { object[key.spelling] = try value.json() }
        return object
    }

    /// An object of JSON as YAML.
    package init(_ object: JSONObject) {
        self.init(object.map { (key: YAMLScalar.text($0.key), value: YAMLValue($0.value)) })
    }
}
