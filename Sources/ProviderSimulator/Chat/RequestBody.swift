import JSON

/// What the simulator reads of the body of an inference request. The rest is checked to be JSON, and left alone.
struct RequestBody: Sendable {
    let bytes: [UInt8]
    private let members: [JSONMember]

    /// The model without what follows its `#`.
    let model: String?

    /// How the answer shall behave, after the `#` of the model.
    let modelDirective: String?

    /// How the answer shall behave, after `simulate:` in the first line of the last message of a user.
    ///
    /// For clients behind a gateway, which passes on neither headers nor names that it does not know.
    let promptDirective: Substring?

    /// The message that is answered: the last one of a user or a tool.
    let lastMessage: Result<Message, Refusal>

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
        let message = Self.lastMessage(bytes, self.members)
        self.lastMessage = message
        self.promptDirective = Self.directive(in: message)
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

    private static func lastMessage(_ bytes: [UInt8], _ members: [JSONMember]) -> Result<Message, Refusal> {
        guard let range = members["messages"]?.valueRange else {
            return .failure(Refusal(.badRequest, "Missing required parameter: 'messages'."))
        }
        do {
            for element in try JSONScanner.elements(in: range, of: bytes.span).reversed() {
                let value = try JSONScanner.value(in: element, of: bytes.span)
                guard let role = value["role"]?.stringValue else {
                    return .failure(Refusal(.badRequest, "Missing required parameter: 'messages[].role'."))
                }
                guard role == "user" || role == "tool" else { continue }
                return .success(Message(role: role, text: Self.text(value["content"])))
            }
        } catch {
            return .failure(Refusal(.badRequest, "Invalid type for 'messages': \(error)"))
        }
        return .success(Message(role: "user", text: ""))
    }

    private static func directive(in message: Result<Message, Refusal>) -> Substring? {
        guard case .success(let message) = message, message.role == "user" else { return nil }
        guard message.text.hasPrefix("simulate:") else { return nil }
        return message.text.dropFirst("simulate:".count).prefix { !$0.isNewline }
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
