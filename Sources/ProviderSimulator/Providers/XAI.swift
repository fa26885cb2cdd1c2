import JSON
import NIOHTTP1

extension OrdinaryProvider {
    /// xAI: language models with prices, image models beside them, and one list of all of them. Errors are texts.
    static let xAI = OrdinaryProvider(
        slug: "xai",
        hosts: ["api.x.ai"],
        catalogue: PackageResources.xai_json,
        recordingPrefixes: ["models-", "language-models-"],
        lists: [
            SimulatedList(path: "/v1/language-models", layout: ListLayout("models", id: "id")),
            SimulatedList(path: "/v1/models", row: Self.xAIRow),
        ],
        base: "/v1",
        dialect: ChatDialect(messageMembers: #","refusal":null"#, announcesUsage: true),
        refusal: { refusal, path in
            let (code, message): (String, String) =
                switch refusal.reason {
                case .missingKey:
                    ("unauthenticated:no-credentials", "No API key provided. Specify your API key in a request header.")
                case .invalidKey: ("unauthenticated:bad-credentials", "Incorrect API key provided.")
                case .unknownModel(let model): ("not-found", "The model \(model) does not exist.")
                case .unknownPath: ("not-found", "The requested resource was not found.")
                case .forbidden: ("permission-denied", refusal.message)
                case .badRequest, .wrongMethod, .tooLarge: ("invalid-argument", refusal.message)
                case .rateLimited: ("resource-exhausted", "Too many requests.")
                case .serverError: ("internal", "Internal error.")
                case .overloaded: ("unavailable", "The service is at capacity.")
                }
            return JSONValue.object(["code": .string(code), "error": .string(message)]).serialized()
        },
        others: { call throws(Refusal) in
            guard call.method == .GET, call.path == "/v1/image-generation-models" else { return nil }
            try call.require(call.bearer)
            return .json(Self.images)
        }
    )

    /// The row of the list of all models: prices and the length of context, without modalities.
    @Sendable private static func xAIRow(_ row: JSONValue) -> JSONValue? {
        guard let object = row.objectValue else { return nil }
        let left = ["fingerprint", "version", "input_modalities", "output_modalities"]
        var made = JSONObject(object.filter { !left.contains($0.key) })
        if object["version"] != nil { made["context_length"] = 256_000 }
        return .object(made)
    }

    private static let images = """
        {"models":[{"id":"grok-2-image-1212","fingerprint":"fp_ca78641a52","max_prompt_length":1024,"created":1736726400,\
        "object":"model","owned_by":"xai","version":"1.0.0","prompt_text_token_price":0,"prompt_image_token_price":0,\
        "generated_image_token_price":0,"image_price":7,"aliases":["grok-2-image","grok-2-image-latest"]}]}
        """
}
