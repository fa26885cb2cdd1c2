import JSON

extension OrdinaryProvider {
    /// Hugging Face: the router's list with the offers of each model, and the Hub's in pages by the `Link` field.
    static let huggingFace = OrdinaryProvider(
        slug: "huggingface",
        hosts: ["router.huggingface.co", "huggingface.co"],
        catalogue: PackageResources.huggingface_json,
        recordingPrefixes: ["models-", "router-models-"],
        lists: [
            SimulatedList(path: "/v1/models", host: "router.huggingface.co", needsKey: false),
            SimulatedList(
                path: "/api/models",
                host: "huggingface.co",
                layout: .array,
                needsKey: false,
                pages: .link(size: 1000),
                row: { row in
                    let id = row["id"] ?? nil
                    return ["id": id, "modelId": id, "likes": 1, "private": false, "pipeline_tag": "text-generation"]
                }
            ),
        ],
        base: "/v1",
        refusal: { refusal, path in
            let message: String =
                switch refusal.reason {
                case .missingKey, .invalidKey: "Invalid username or password."
                case .unknownModel(let model): "The requested model '\(model)' does not exist"
                case .unknownPath: "Not Found"
                case .rateLimited: "Too Many Requests"
                case .forbidden, .badRequest: refusal.message
                case .wrongMethod: "Method Not Allowed"
                case .tooLarge: "Payload Too Large"
                case .serverError, .overloaded: "Internal Server Error"
                }
            return JSONValue.object(["error": .string(message)]).serialized()
        }
    )
}
