import JSON

/// A call of one of the request's tools, made because the prompt asks for it.
///
/// A prompt that begins with `call:` is answered with calls of the request's tools, one for each such line:
/// `call: get_weather {"city":"Paris"}`. Without a name the first tool is called, without arguments `{}` is passed, and words
/// that are no JSON object become `{"input":"…"}`.
struct ToolCall: Sendable {
    let id: String
    let name: String
    /// JSON, as text.
    let arguments: String

    /// The most calls in one answer.
    static let most = 32

    static func asked(for prompt: String, tools body: RequestBody, _ generator: inout SplitMix) -> [ToolCall] {
        guard prompt.hasPrefix("call:") else { return [] }
        let names = (body.value("tools")?.arrayValue ?? []).compactMap { $0["function"]?["name"]?.stringValue }
        guard let first = names.first else { return [] }
        var calls: [ToolCall] = []
        for line in prompt.split(whereSeparator: \.isNewline).prefix(Self.most) where line.hasPrefix("call:") {
            var rest = line.dropFirst("call:".count).drop { $0 == " " }
            var name = first
            let word = rest.prefix { $0 != " " }
            if names.contains(String(word)) {
                name = String(word)
                rest = rest.dropFirst(word.count).drop { $0 == " " }
            }
            calls.append(
                ToolCall(
                    id: "call_\(generator.identifier(length: 24))",
                    name: name,
                    arguments: Self.arguments(String(rest))
                )
            )
        }
        return calls
    }

    private static func arguments(_ text: String) -> String {
        if text.isEmpty { return "{}" }
        // Arguments that are JSON are passed on as they are spelled.
        if (try? JSONScanner.topLevelMembers(of: Array(text.utf8))) != nil { return text }
        return JSONValue.object(["input": .string(text)]).serializedString()
    }

    /// The call in a whole answer.
    var json: String {
        """
        {"id":"\(self.id)","type":"function","function":{"name":\(Self.quoted(self.name)),\
        "arguments":\(Self.quoted(self.arguments))}}
        """
    }

    /// The members of the deltas that the call arrives in: first its name, then its arguments, piece by piece.
    func deltas(index: Int) -> [String] {
        var deltas = [
            """
            "tool_calls":[{"index":\(index),"id":"\(self.id)","type":"function",\
            "function":{"name":\(Self.quoted(self.name)),"arguments":""}}]
            """
        ]
        var rest = self.arguments[...]
        while !rest.isEmpty {
            let piece = Self.quoted(String(rest.prefix(8)))
            deltas.append("\"tool_calls\":[{\"index\":\(index),\"function\":{\"arguments\":\(piece)}}]")
            rest = rest.dropFirst(8)
        }
        return deltas
    }

    private static func quoted(_ text: String) -> String {
        JSONValue.string(text).serializedString()
    }
}
