import JSON
import NIOHTTP1

/// Anthropic: its own list with cursors, and the OpenAI-compatible chat beside it.
///
/// The list wants `x-api-key` and `anthropic-version`; the chat takes a bearer key as OpenAI's SDKs send it.
struct Anthropic: SimulatedProvider {
    let slug = "anthropic"
    let hosts = ["api.anthropic.com"]
    let catalogue = PackageResources.anthropic_json
    let dialect = ChatDialect(
        idPrefix: "msg_01",
        idLength: 22,
        headers: { id in [("request-id", "req_01\(id.suffix(22))")] }
    )

    /// Takes OpenAI's requests, and refuses in OpenAI's shape.
    private static let compatibleChat = "/v1/chat/completions"

    func answer(_ call: Call) throws(Refusal) -> Answer {
        let key = call.request.headers.first(name: "x-api-key")
        if call.path == Self.compatibleChat {
            try call.require(call.bearer ?? key)
            return try OpenAIShape.answer(call, under: "/v1", as: self)
        }
        try call.require(key)
        guard call.request.headers.contains(name: "anthropic-version") else {
            throw Refusal(.badRequest, "anthropic-version: header is required")
        }
        switch (call.method, call.path) {
        case (.GET, "/v1/models"): return try Self.page(call)
        case (_, "/v1/models"): throw Refusal(.wrongMethod)
        default: break
        }
        guard call.method == .GET, let id = call.remainder(after: "/v1/models/") else { throw Refusal(.unknownPath) }
        return try OpenAIShape.row(id, call, as: self)
    }

    /// One page: `limit` rows (20, 1 to 1000) after `after_id`, or before `before_id`.
    private static func page(_ call: Call) throws(Refusal) -> Answer {
        let limit = try call.request.queryInteger("limit") ?? 20
        guard limit >= 1 else { throw Refusal(.badRequest, "limit: Input should be greater than or equal to 1") }
        guard limit <= 1000 else { throw Refusal(.badRequest, "limit: Input should be less than or equal to 1000") }
        let list = call.list
        let after = try Self.place("after_id", call)
        let before = try Self.place("before_id", call)
        if after != nil, before != nil { throw Refusal(.badRequest, "after_id and before_id cannot both be given") }

        let rows: Range<Int>
        let hasMore: Bool
        if let before {
            rows = max(0, before - limit)..<before
            hasMore = rows.lowerBound > 0
        } else {
            let start = after.map { $0 + 1 } ?? 0
            rows = start..<min(list.count, start + limit)
            hasMore = rows.upperBound < list.count
        }
        if rows == 0..<list.count { return .json(list.bytes) }

        func id(_ place: Int?) -> String { JSONValue(place.map { list.ids[$0] }).serializedString() }
        let end = """
            ],"has_more":\(hasMore),"first_id":\(id(rows.first)),"last_id":\(id(rows.last))}
            """
        return .json(Array("{\"data\":[".utf8) + list.rows(rows) + Array(end.utf8))
    }

    private static func place(_ name: String, _ call: Call) throws(Refusal) -> Int? {
        guard let id = call.request.queryValue(name) else { return nil }
        guard let place = call.list.place(of: id) else {
            throw Refusal(.badRequest, "\(name): “\(id)” is not the id of a model")
        }
        return place
    }

    func body(for refusal: Refusal, path: String) -> [UInt8] {
        let (type, message): (String, String) =
            switch refusal.reason {
            case .missingKey: ("authentication_error", "x-api-key header is required")
            case .invalidKey: ("authentication_error", "invalid x-api-key")
            case .forbidden: ("permission_error", refusal.message)
            case .unknownModel(let model): ("not_found_error", "model: \(model)")
            case .unknownPath: ("not_found_error", "Not found")
            case .wrongMethod: ("invalid_request_error", "Method Not Allowed")
            case .badRequest: ("invalid_request_error", refusal.message)
            case .tooLarge: ("request_too_large", "Request exceeds the maximum size")
            case .rateLimited:
                (
                    "rate_limit_error",
                    "This request would exceed your organization’s rate limit. Please try again later."
                )
            case .serverError: ("api_error", "Internal server error")
            case .overloaded: ("overloaded_error", "Overloaded")
            }
        if path == Self.compatibleChat {
            let error: JSONValue = [
                "error": ["code": nil, "message": .string(message), "type": .string(type), "param": nil]
            ]
            return error.serialized()
        }
        let error: JSONValue = [
            "type": "error",
            "error": ["type": .string(type), "message": .string(message)],
            "request_id": "req_011CSimulated",
        ]
        return error.serialized()
    }
}
