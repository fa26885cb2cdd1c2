import JSON
import NIOHTTP1

/// OpenRouter: a public list with prices as text, chat with comments between the events and the cost in the usage.
///
/// The list comes whole, with `links.next` null; in pages only where `limit` is given.
struct OpenRouter: SimulatedProvider {
    let slug = "openrouter"
    let hosts = ["openrouter.ai"]
    let catalogue = PackageResources.openrouter_json
    let dialect = ChatDialect(
        idPrefix: "gen-",
        idLength: 31,
        head: { identity in
            """
            "id":"\(identity.id)","provider":"\(identity.provider)","model":\(identity.model),\
            "object":"\(identity.object)","created":\(identity.created),
            """
        },
        messageMembers: #","refusal":null,"reasoning":null"#,
        choiceMembers: #","logprobs":null"#,
        finish: { reason in
            let value = reason.map { "\"\($0)\"" } ?? "null"
            return ",\"finish_reason\":\(value),\"native_finish_reason\":\(value)"
        },
        repeatsRole: true,
        usageMembers: """
            ,"cost":0,"is_byok":false,"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},\
            "completion_tokens_details":{"reasoning_tokens":0,"image_tokens":0}
            """,
        comments: ["OPENROUTER PROCESSING", "OPENROUTER PROCESSING"],
        streamContentType: "text/event-stream"
    )

    func answer(_ call: Call) throws(Refusal) -> Answer {
        if call.method == .GET, call.path == "/api/v1/models" { return try Self.page(call) }
        if call.method == .GET, call.path.hasPrefix("/api/v1/models/") {
            return try OpenAIShape.answer(call, under: "/api/v1", as: self)
        }
        try call.require(call.bearer)
        if call.method == .POST, call.path == "/api/v1/chat/completions" {
            return try ChatCompletion.answer(call, as: self)
        }
        return try OpenAIShape.answer(call, under: "/api/v1", as: self)
    }

    private static func page(_ call: Call) throws(Refusal) -> Answer {
        guard let limit = try call.request.queryInteger("limit") else { return .json(call.list.bytes) }
        let offset = try call.request.queryInteger("offset") ?? 0
        guard limit >= 1, offset >= 0 else { throw Refusal(.badRequest, "limit is 1 or more, offset 0 or more") }
        let start = min(offset, call.list.count)
        let end = start + min(limit, call.list.count - start)
        let next = end < call.list.count ? "\"/api/v1/models?offset=\(end)&limit=\(limit)\"" : "null"
        let tail = "],\"total_count\":\(call.list.count),\"links\":{\"next\":\(next)}}"
        return .json(Array("{\"data\":[".utf8) + call.list.rows(start..<end) + Array(tail.utf8))
    }

    func body(for refusal: Refusal, path: String) -> [UInt8] {
        var error: JSONObject = ["message": "", "code": JSONValue(refusal.status)]
        switch refusal.reason {
        case .missingKey: error["message"] = "No auth credentials found"
        case .invalidKey: error["message"] = "User not found."
        case .forbidden, .badRequest: error["message"] = .string(refusal.message)
        case .unknownModel(let model): error["message"] = "No endpoints found for \(model)."
        case .unknownPath: error["message"] = "Not Found"
        case .wrongMethod: error["message"] = "Method Not Allowed"
        case .tooLarge: error["message"] = "Request Entity Too Large"
        case .rateLimited:
            error["message"] = "Provider returned error"
            error["metadata"] = [
                "raw": "The model is temporarily rate-limited upstream. Please retry shortly.",
                "provider_name": "Simulator",
            ]
        case .serverError: error["message"] = "Internal Server Error"
        case .overloaded: error["message"] = "No instances available"
        }
        return JSONValue.object(["error": .object(error)]).serialized()
    }

    /// An ordinary event with an `error` beside its choice, and the end of the stream as if nothing had happened.
    func streamError(path: String) -> [[UInt8]] {
        let event = """
            data: {"id":"gen-error","provider":"Simulator","error":{"code":502,"message":"Provider returned error"},\
            "object":"chat.completion.chunk","choices":[{"index":0,"delta":{"role":"assistant","content":""},\
            "finish_reason":"error","native_finish_reason":null,"logprobs":null}]}\n\n
            """
        return [Array(event.utf8), Array("data: [DONE]\n\n".utf8)]
    }
}
