import JSON
import NIOHTTP1

/// What OpenAI-shaped providers have in common: paths under one base, and OpenAI's errors.
enum OpenAIShape {
    /// Answers the paths that every OpenAI-shaped provider has.
    ///
    /// - Parameters:
    ///   - call: the request.
    ///   - base: what stands before `/models` and `/chat/completions` in the provider's paths, for instance `/v1`.
    ///   - provider: whose models and whose way of writing it is.
    /// - Returns: the answer.
    /// - Throws: a ``Refusal``, also for a path that is not among them.
    static func answer(
        _ call: Call,
        under base: String,
        as provider: some SimulatedProvider
    ) throws(Refusal) -> Answer {
        guard call.path.hasPrefix(base + "/") else { throw Refusal(.unknownPath) }
        switch (call.method, call.path.dropFirst(base.count)) {
        case (.GET, "/models"): return .json(call.list.bytes)
        case (.POST, "/chat/completions"): return try ChatCompletion.answer(call, as: provider)
        case (.POST, "/embeddings"): return try Embeddings.answer(call, as: provider)
        case (_, "/models"), (_, "/chat/completions"), (_, "/embeddings"): throw Refusal(.wrongMethod)
        default: break
        }
        guard call.method == .GET, let id = call.remainder(after: "\(base)/models/") else {
            throw Refusal(.unknownPath)
        }
        return try Self.row(id, call, as: provider)
    }

    /// One row of the list, as `GET …/models/{id}` answers it.
    static func row(_ id: String, _ call: Call, as provider: some SimulatedProvider) throws(Refusal) -> Answer {
        guard let place = provider.place(of: id, in: call.list) else { throw Refusal(.unknownModel(id)) }
        return .json(Array(call.list.row(place)))
    }

    /// `{"error": {"message", "type", "param", "code"}}`.
    static func error(_ refusal: Refusal, path: String) -> [UInt8] {
        JSONValue.object(["error": Self.bareError(refusal, path: path)]).serialized(.pretty)
    }

    /// `{"message", "type", "param", "code"}`.
    static func bareError(_ refusal: Refusal, path: String) -> JSONValue {
        let (message, type, code): (String, String, String?) =
            switch refusal.reason {
            case .missingKey:
                (
                    """
                    You didn't provide an API key. You need to provide your API key in an Authorization header using \
                    Bearer auth (i.e. Authorization: Bearer YOUR_KEY).
                    """,
                    "invalid_request_error", nil
                )
            case .invalidKey: ("Incorrect API key provided.", "invalid_request_error", "invalid_api_key")
            case .forbidden: (refusal.message, "invalid_request_error", "unsupported_country_region_territory")
            case .unknownModel(let model):
                (
                    "The model `\(model)` does not exist or you do not have access to it.", "invalid_request_error",
                    "model_not_found"
                )
            case .unknownPath: ("Invalid URL (\(path))", "invalid_request_error", nil)
            case .wrongMethod:
                ("Not allowed to use this method on \(path).", "invalid_request_error", "method_not_supported")
            case .badRequest: (refusal.message, "invalid_request_error", nil)
            case .tooLarge: ("The body of the request is too large.", "invalid_request_error", nil)
            case .rateLimited:
                ("Rate limit reached for requests. Please try again later.", "requests", "rate_limit_exceeded")
            case .serverError:
                ("The server had an error while processing your request. Sorry about that!", "server_error", nil)
            case .overloaded:
                ("The engine is currently overloaded, please try again later.", "server_error", nil)
            }
        return ["message": .string(message), "type": .string(type), "param": nil, "code": JSONValue(code)]
    }
}
