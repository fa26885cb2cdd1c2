import JSON

extension OrdinaryProvider {
    /// Google Vertex AI: Model Garden's list in pages, and chat by the endpoint for OpenAI's clients of whatever project.
    static let vertex = OrdinaryProvider(
        slug: "vertex",
        hosts: ["aiplatform.googleapis.com", "us-central1-aiplatform.googleapis.com"],
        catalogue: PackageResources.vertex_json,
        lists: [
            SimulatedList(
                path: "/v1beta1/publishers/google/models",
                layout: ListLayout("publisherModels", id: "name"),
                pages: .token(size: 100, most: 1000)
            )
        ],
        base: nil,
        refusal: { Gemini().body(for: $0, path: $1) },
        others: { call throws(Refusal) in
            let end = "/chat/completions"
            guard call.path.hasPrefix("/v1/projects/"), call.path.hasSuffix("/endpoints/openapi\(end)") else {
                return nil
            }
            try call.require(call.bearer)
            return try OpenAIShape.answer(call, under: String(call.path.dropLast(end.count)), as: Self.vertexModels)
        }
    )

    /// `google/gemini-2.5-pro` of a request is `publishers/google/models/gemini-2.5-pro` of the list.
    private static let vertexModels = VertexModels()

    private struct VertexModels: SimulatedProvider {
        let slug = "vertex"
        let hosts: [String] = []
        let catalogue: [UInt8] = []
        let dialect = ChatDialect(idPrefix: "", idLength: 23, streamContentType: "text/event-stream")

        func answer(_ call: Call) throws(Refusal) -> Answer { throw Refusal(.unknownPath) }

        func place(of model: String, in list: ModelList) -> Int? {
            let parts = model.split(separator: "/", maxSplits: 1)
            guard parts.count == 2 else { return list.place(of: model) }
            return list.place(of: "publishers/\(parts[0])/models/\(parts[1])")
        }

        func body(for refusal: Refusal, path: String) -> [UInt8] { OpenAIShape.error(refusal, path: path) }
    }
}
