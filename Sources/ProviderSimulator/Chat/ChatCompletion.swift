import JSON

/// One answer to `POST …/chat/completions`, whole or as a stream.
///
/// The text is made from the request alone, so that the same request gets the same text from every provider.
struct ChatCompletion: Sendable {
    private let dialect: ChatDialect
    private let identity: ChatDialect.Identity
    private let content: Content
    private let finishReason: String
    private let promptTokens: Int
    private let completionTokens: Int

    private enum Content: Sendable {
        case text(AnswerText)
        case tools([ToolCall])
    }

    /// Answers a call.
    ///
    /// - Parameters:
    ///   - call: the request.
    ///   - provider: whose models and whose way of writing it is.
    ///   - upstream: the company that OpenRouter's answers name.
    /// - Returns: the answer, whole or as a stream.
    /// - Throws: a ``Refusal`` for an unknown model or a body that is no chat request.
    static func answer(
        _ call: Call,
        as provider: some SimulatedProvider,
        upstream: String = "Simulator"
    ) throws(Refusal) -> Answer {
        let body = try call.requireBody()
        let model = try call.requireModel(body, of: provider)
        let completion = try ChatCompletion(call, body, model: model, dialect: provider.dialect, upstream: upstream)
        let headers = provider.dialect.headers(completion.identity.id)
        guard body.bool("stream") else {
            return Answer(headers: headers, .whole(completion.whole()))
        }
        let includesUsage = body.value("stream_options")?["include_usage"]?.boolValue ?? false
        return Answer(
            contentType: provider.dialect.streamContentType,
            headers: headers + [("cache-control", "no-cache")],
            .stream(completion.stream(includesUsage: includesUsage))
        )
    }

    private init(
        _ call: Call,
        _ body: RequestBody,
        model: String,
        dialect: ChatDialect,
        upstream: String
    ) throws(Refusal) {
        let message = try body.lastMessage.get()
        var generator = SplitMix(seed: call.sequence)
        self.dialect = dialect
        self.identity = ChatDialect.Identity(
            id: dialect.idPrefix + generator.identifier(length: dialect.idLength),
            object: body.bool("stream") ? "chat.completion.chunk" : "chat.completion",
            created: call.now,
            model: JSONValue.string(model).serializedString(),
            provider: upstream
        )
        let calls = message.role == "user" ? ToolCall.asked(for: message.text, tools: body, &generator) : []
        if calls.isEmpty {
            var text = AnswerText(Self.text(for: message, body), tokens: call.tokens)
            let whole = text.count
            if let most = body.integer("max_completion_tokens") ?? body.integer("max_tokens"), most >= 0 {
                text.truncate(to: most)
            }
            self.content = .text(text)
            self.finishReason = text.count < whole ? "length" : "stop"
            self.completionTokens = text.count
        } else {
            self.content = .tools(calls)
            self.finishReason = "tool_calls"
            self.completionTokens = calls.reduce(0) { $0 + 8 + ($1.arguments.utf8.count + 3) / 4 }
        }
        // Four bytes a token and a few tokens of framing are what English text comes to.
        self.promptTokens = 3 + ((body.range("messages")?.count ?? 0) + 3) / 4
    }

    private static func text(for message: RequestBody.Message, _ body: RequestBody) -> String {
        let said =
            message.role == "tool"
            ? "The tool answered: \(message.text)"
            : message.text.isEmpty ? "You said nothing." : "You said: \(message.text)"
        guard body.value("response_format")?["type"]?.stringValue == "json_object" else { return said }
        return JSONValue.object(["answer": .string(said)]).serializedString()
    }

    // MARK: Whole

    private func whole() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(768)
        bytes.append(contentsOf: "{\(self.dialect.head(self.identity))\"choices\":[{\"index\":0,\"message\":".utf8)
        bytes.append(contentsOf: "{\"role\":\"assistant\",\"content\":".utf8)
        switch self.content {
        case .text(let text):
            bytes.append(UInt8(ascii: "\""))
            text.append(to: &bytes)
            bytes.append(UInt8(ascii: "\""))
        case .tools(let calls):
            bytes.append(contentsOf: "null,\"tool_calls\":[\(calls.map(\.json).joined(separator: ","))]".utf8)
        }
        let dialect = self.dialect
        let end = "\(dialect.messageMembers)}\(dialect.choiceMembers)\(dialect.finish(self.finishReason))}],"
        bytes.append(contentsOf: "\(end)\"usage\":\(self.usage)}\(dialect.bodyEnd)".utf8)
        return bytes
    }

    private var usage: String {
        """
        {"prompt_tokens":\(self.promptTokens),"completion_tokens":\(self.completionTokens),\
        "total_tokens":\(self.promptTokens + self.completionTokens)\(self.dialect.usageMembers)}
        """
    }

    // MARK: Stream

    private func stream(includesUsage: Bool) -> EventStream {
        let dialect = self.dialect
        let head = "data: {\(dialect.head(self.identity))\"choices\":["
        let pendingUsage = includesUsage && dialect.announcesUsage ? ",\"usage\":null" : ""
        let tail = "]\(pendingUsage)\(dialect.eventMembers)}\n\n"
        let role = dialect.repeatsRole ? "\"role\":\"assistant\"," : ""
        func event(_ delta: String, finish: String? = nil) -> [UInt8] {
            let choice = "{\"index\":0,\"delta\":{\(delta)}\(dialect.choiceMembers)\(dialect.finish(finish))}"
            return Array("\(head)\(choice)\(tail)".utf8)
        }

        var opening = dialect.comments.map { Array(": \($0)\n\n".utf8) }
        var closing: [[UInt8]] = []
        var text = AnswerText.empty
        switch self.content {
        case .text(let answer):
            text = answer
            opening.append(event("\"role\":\"assistant\",\"content\":\"\"\(dialect.firstDeltaMembers)"))
        case .tools(let calls):
            opening.append(event("\"role\":\"assistant\",\"content\":null\(dialect.firstDeltaMembers)"))
            for (index, call) in calls.enumerated() {
                for delta in call.deltas(index: index) { opening.append(event(role + delta)) }
            }
        }
        closing.append(
            event(dialect.repeatsRole ? "\"role\":\"assistant\",\"content\":\"\"" : "", finish: self.finishReason)
        )
        if includesUsage {
            closing.append(Array("\(head)],\"usage\":\(self.usage)\(dialect.eventMembers)}\n\n".utf8))
        }
        closing.append(Array("data: [DONE]\n\n".utf8))
        return EventStream(
            opening: opening,
            text: text,
            frame: (
                before: Array("\(head){\"index\":0,\"delta\":{\(role)\"content\":\"".utf8),
                after: Array("\"}\(dialect.choiceMembers)\(dialect.finish(nil))}\(tail)".utf8)
            ),
            closing: closing
        )
    }
}
