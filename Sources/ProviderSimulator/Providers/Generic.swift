import NIOHTTP1

/// Any host that no other file speaks for: OpenAI-shaped, under whatever base path it is addressed, and answering for every
/// model that it is asked for.
struct Generic: SimulatedProvider {
    static let slug = "generic"
    var slug: String { Self.slug }
    let hosts: [String] = []
    let catalogue = PackageResources.generic_json
    let recordingPrefixes: [String] = []
    let dialect = ChatDialect()

    private static let ends = ["/models", "/chat/completions", "/embeddings"]

    func answer(_ call: Call) throws(Refusal) -> Answer {
        try call.require(call.bearer ?? call.request.headers.first(name: "x-api-key"))
        return try OpenAIShape.answer(call, under: Self.base(of: call.path), as: self)
    }

    /// What stands before the part of a path that says what is asked for: `/v1`, `/openai/v1`, `/compatible-mode/v1`.
    private static func base(of path: String) -> String {
        if let end = Self.ends.first(where: path.hasSuffix) { return String(path.dropLast(end.count)) }
        let segments = path.split(separator: "/", omittingEmptySubsequences: true)
        guard let models = segments.firstIndex(of: "models") else { return "" }
        return segments[..<models].map { "/\($0)" }.joined()
    }

    func place(of model: String, in list: ModelList) -> Int? { list.place(of: model) }

    func body(for refusal: Refusal, path: String) -> [UInt8] {
        OpenAIShape.error(refusal, path: path)
    }
}
