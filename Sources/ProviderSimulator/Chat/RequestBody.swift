import JSON

/// What the simulator reads of the body of an inference request. The rest is checked to be JSON, and left alone.
struct RequestBody: Sendable {
    let bytes: [UInt8]
    private let members: [JSONMember]

    /// The model without what follows its `#`.
    let model: String?

    /// What follows the `#` of the model: how the answer shall behave.
    let modelDirective: String?

    /// Finds the members of a body.
    ///
    /// - Parameter bytes: the whole body.
    /// - Throws: a ``JSONError`` where it is not a JSON object.
    init(_ bytes: [UInt8]) throws(JSONError) {
        self.bytes = bytes
        self.members = try JSONScanner.topLevelMembers(of: bytes.span)
        var name: Substring?
        if let member = self.members["model"], bytes[member.valueRange.lowerBound] == UInt8(ascii: "\"") {
            name = try JSONScanner.string(in: member.valueRange, of: bytes.span)[...]
        }
        let hash = name?.firstIndex(of: "#")
        self.model = name.map { String($0[..<(hash ?? $0.endIndex)]) }
        self.modelDirective = hash.flatMap { hash in name.map { String($0[hash...].dropFirst()) } }
    }

    /// Where the value of a member stands; nil where there is none or it is null.
    func range(_ name: String) -> Range<Int>? {
        guard let range = self.members[name]?.valueRange, self.bytes[range.lowerBound] != UInt8(ascii: "n") else {
            return nil
        }
        return range
    }

    /// The value of a member; nil where there is none or it is null.
    func value(_ name: String) -> JSONValue? {
        // The range was scanned, so that it holds a value.
        self.range(name).flatMap { try? JSONScanner.value(in: $0, of: self.bytes.span) }
    }

    func bool(_ name: String) -> Bool { self.value(name)?.boolValue ?? false }

    func integer(_ name: String) -> Int? { self.value(name)?.int64Value.map { Int($0) } }

    /// The message that is answered: the last one of a user or a tool.
    ///
    /// - Throws: a ``Refusal`` where there are no messages.
    func lastMessage() throws(Refusal) -> Message {
        guard let range = self.range("messages") else {
            throw Refusal(.badRequest, "Missing required parameter: 'messages'.")
        }
        do {
            for element in try JSONScanner.elements(in: range, of: self.bytes.span).reversed() {
                let value = try JSONScanner.value(in: element, of: self.bytes.span)
                guard let role = value["role"]?.stringValue else { break }
                if role == "user" || role == "tool" { return Message(role: role, text: Self.text(value["content"])) }
            }
        } catch {
            throw Refusal(.badRequest, "Invalid type for 'messages': \(error)")
        }
        return Message(role: "user", text: "")
    }

    /// A message, reduced to its text.
    struct Message: Sendable {
        let role: String
        let text: String
    }

    private static func text(_ content: JSONValue?) -> String {
        switch content {
        case .string(let text): text
        case .array(let parts): parts.compactMap { $0["text"]?.stringValue }.joined(separator: "\n")
        case .null, .bool, .number, .object, nil: ""
        }
    }
}
