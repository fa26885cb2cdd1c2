/// OpenAI: a list without prices or limits, chat and embeddings under `/v1`, a key for everything.
struct OpenAI: SimulatedProvider {
    let slug = "openai"
    let hosts = ["api.openai.com"]
    let catalogue = PackageResources.openai_json
    let dialect = ChatDialect.openAI

    func answer(_ call: Call) throws(Refusal) -> Answer {
        try call.require(call.bearer)
        return try OpenAIShape.answer(call, under: "/v1", as: self)
    }

    func body(for refusal: Refusal, path: String) -> [UInt8] {
        OpenAIShape.error(refusal, path: path)
    }
}
