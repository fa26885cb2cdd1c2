import JSON
import NIOHTTP1

/// Google Gemini (AI Studio): its own list in pages of 50, the OpenAI-compatible list and chat under `/v1beta/openai`.
///
/// The native list takes the key as `x-goog-api-key` or `?key=` and answers 403 without one and 400 to a wrong one; the
/// compatible endpoints take a bearer key and answer 400 to both, in an array.
struct Gemini: SimulatedProvider {
    let slug = "gemini"
    let hosts = ["generativelanguage.googleapis.com"]
    let catalogue = PackageResources.gemini_json
    let layouts = [ListLayout("models", id: "name")]
    let dialect = ChatDialect(idPrefix: "", idLength: 23, streamContentType: "text/event-stream")

    private static let compatible = "/v1beta/openai"

    func answer(_ call: Call) throws(Refusal) -> Answer {
        if call.path.hasPrefix(Self.compatible + "/") {
            try call.require(call.bearer)
            guard call.method == .GET, call.path == Self.compatible + "/models" else {
                return try OpenAIShape.answer(call, under: Self.compatible, as: self)
            }
            return try Self.compatibleList(call)
        }
        try call.require(call.request.headers.first(name: "x-goog-api-key") ?? call.request.queryValue("key"))
        switch (call.method, call.path) {
        case (.GET, "/v1beta/models"), (.GET, "/v1/models"): return try Self.page(call)
        case (_, "/v1beta/models"), (_, "/v1/models"): throw Refusal(.wrongMethod)
        default: break
        }
        guard call.method == .GET, let id = call.remainder(after: "/v1beta/models/") else {
            throw Refusal(.unknownPath)
        }
        return try OpenAIShape.row(id, call, as: self)
    }

    /// One page: `pageSize` rows (50, at most 1000) from where `pageToken` says.
    private static func page(_ call: Call) throws(Refusal) -> Answer {
        let size = try call.request.queryInteger("pageSize") ?? 50
        guard size >= 0 else { throw Refusal(.badRequest, "page_size must not be negative.") }
        var start = 0
        if let token = call.request.queryValue("pageToken"), !token.isEmpty {
            guard let last = Self.name(in: token), let place = call.list.place(of: last) else {
                throw Refusal(.badRequest, "Page token is invalid.")
            }
            start = place + 1
        }
        let list = call.list
        let end = min(list.count, start + (size == 0 ? 50 : min(size, 1000)))
        if start == 0, end == list.count { return .json(list.bytes) }
        if start == end { return .json("{}\n") }

        var body = Array("{\"models\":[".utf8) + list.rows(start..<end) + Array("]".utf8)
        if end < list.count {
            body += Array(",\"nextPageToken\":\"\(Self.token(after: list.ids[end - 1]))\"".utf8)
        }
        return .json(body + Array("}\n".utf8))
    }

    /// A page token, in the provider's own form: the name of the page's last model as field 1 of a protocol buffer, in
    /// base64. A recorded list that breaks off with such a token is therefore followed by an empty page.
    private static func token(after name: String) -> String {
        let bytes = Array(name.utf8.prefix(127))
        return Base64.encoded([0x0A, UInt8(bytes.count)] + bytes)
    }

    private static func name(in token: String) -> String? {
        guard let bytes = Base64.decoded(token), bytes.count > 2, bytes[0] == 0x0A else { return nil }
        guard Int(bytes[1]) == bytes.count - 2 else { return nil }
        return String(decoding: bytes[2...], as: UTF8.self)
    }

    /// The list as OpenAI's SDKs read it: ids with their prefix, no limits, no date of creation.
    private static func compatibleList(_ call: Call) throws(Refusal) -> Answer {
        do {
            let rows = try (0..<call.list.count).map { place -> JSONValue in
                var row: JSONObject = ["id": .string(call.list.ids[place]), "object": "model", "owned_by": "google"]
                row["display_name"] = try call.list.value(place)["displayName"]
                return .object(row)
            }
            return .json(JSONValue.object(["object": "list", "data": .array(rows)]).serialized(.pretty))
        } catch {
            throw Refusal(.serverError, "\(error)")
        }
    }

    func place(of model: String, in list: ModelList) -> Int? {
        list.place(of: model) ?? list.place(of: "models/\(model)")
    }

    func body(for refusal: Refusal, path: String) -> [UInt8] {
        let isCompatible = path.hasPrefix(Self.compatible)
        let (status, message): (String, String)
        switch refusal.reason {
        case .missingKey where isCompatible:
            (status, message) = ("INVALID_ARGUMENT", "Missing or invalid Authorization header.")
        case .missingKey:
            (status, message) = (
                "PERMISSION_DENIED",
                """
                Method doesn't allow unregistered callers (callers without established identity). Please use API Key or \
                other form of API consumer identity to call this API.
                """
            )
        case .invalidKey: (status, message) = ("INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.")
        case .forbidden: (status, message) = ("PERMISSION_DENIED", refusal.message)
        case .unknownModel(let model):
            let name = model.hasPrefix("models/") ? model : "models/\(model)"
            (status, message) = (
                "NOT_FOUND",
                """
                \(name) is not found for API version v1beta, or is not supported for generateContent. Call ListModels to \
                see the list of available models and their supported methods.
                """
            )
        case .unknownPath: (status, message) = ("NOT_FOUND", "The requested URL \(path) was not found on this server.")
        case .wrongMethod: (status, message) = ("UNIMPLEMENTED", "Method not allowed.")
        case .badRequest: (status, message) = ("INVALID_ARGUMENT", refusal.message)
        case .tooLarge: (status, message) = ("INVALID_ARGUMENT", "Request payload size exceeds the limit.")
        case .rateLimited:
            (status, message) = ("RESOURCE_EXHAUSTED", "You exceeded your current quota, please check your plan.")
        case .serverError: (status, message) = ("INTERNAL", "An internal error has occurred.")
        case .overloaded: (status, message) = ("UNAVAILABLE", "The model is overloaded. Please try again later.")
        }
        let code = self.status(of: refusal, path: path)
        var error: JSONObject = ["code": JSONValue(code), "message": .string(message), "status": .string(status)]
        error["details"] = Self.details(refusal, message)
        let body: JSONValue = ["error": .object(error)]
        let shaped: JSONValue = isCompatible ? [body] : body
        return shaped.serialized(.pretty) + Array("\n".utf8)
    }

    private static func details(_ refusal: Refusal, _ message: String) -> JSONValue? {
        switch refusal.reason {
        case .invalidKey:
            [
                [
                    "@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID",
                    "domain": "googleapis.com", "metadata": ["service": "generativelanguage.googleapis.com"],
                ],
                [
                    "@type": "type.googleapis.com/google.rpc.LocalizedMessage", "locale": "en-US",
                    "message": .string(message),
                ],
            ]
        case .rateLimited: [["@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.4s"]]
        case .missingKey, .forbidden, .unknownModel, .unknownPath, .wrongMethod, .badRequest, .tooLarge, .serverError,
            .overloaded:
            nil
        }
    }

    func status(of refusal: Refusal, path: String) -> Int {
        guard !refusal.isSimulated else { return refusal.status }
        return switch refusal.reason {
        case .missingKey where !path.hasPrefix(Self.compatible): 403
        case .missingKey, .invalidKey: 400
        case .forbidden, .unknownModel, .unknownPath, .wrongMethod, .badRequest, .tooLarge, .rateLimited, .serverError,
            .overloaded:
            refusal.status
        }
    }
}
