import JSON

extension OrdinaryProvider {
    /// Novita: prices in ten-thousandths of a dollar per million tokens, retired models among the others.
    static let novita = OrdinaryProvider(
        slug: "novita",
        hosts: ["api.novita.ai"],
        catalogue: PackageResources.novita_json,
        lists: [SimulatedList(path: "/openai/v1/models", otherLayouts: [.array], needsKey: false)],
        base: "/openai/v1",
        refusal: { refusal, path in
            let message = OpenAIShape.bareError(refusal, path: path)["message"] ?? nil
            return JSONValue.object(
                ["code": JSONValue(refusal.status), "reason": "SIMULATED", "message": message, "metadata": [:]]
            ).serialized()
        }
    )
}
