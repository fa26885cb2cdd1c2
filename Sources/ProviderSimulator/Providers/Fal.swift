import JSON
import NIOHTTP1

extension OrdinaryProvider {
    /// fal.ai: a list in pages by cursor, prices beside it for a key, and images at an address of each model.
    static let fal = OrdinaryProvider(
        slug: "fal",
        hosts: ["fal.run", "api.fal.ai", "queue.fal.run"],
        catalogue: PackageResources.fal_json,
        lists: [
            SimulatedList(
                path: "/v1/models",
                host: "api.fal.ai",
                layout: ListLayout("models", id: "endpoint_id"),
                needsKey: false,
                pages: .cursor(size: 100, most: 100)
            )
        ],
        base: nil,
        scheme: "key",
        refusal: { refusal, path in
            let message: String =
                switch refusal.reason {
                case .missingKey, .invalidKey: "Cannot access application. Authentication is required."
                case .unknownModel(let model): "Application “\(model)” not found"
                case .unknownPath: "Path \(path) not found"
                case .wrongMethod: "Method Not Allowed"
                case .rateLimited: "Too many requests"
                case .forbidden, .badRequest: refusal.message
                case .tooLarge, .serverError, .overloaded: "Internal Server Error"
                }
            return JSONValue.object(["detail": .string(message)]).serialized()
        },
        others: { call throws(Refusal) in
            switch (call.request.host, call.method) {
            case ("api.fal.ai", .GET) where call.path == "/v1/models/pricing": try Self.falPrices(call)
            case ("fal.run", .POST): try Self.falImage(call)
            default: nil
            }
        }
    )

    /// The prices of at most 50 models, each in its own unit.
    private static func falPrices(_ call: Call) throws(Refusal) -> Answer {
        try call.require(call.key(scheme: "key"))
        let asked = call.request.query.filter { $0.name == "endpoint_id" }.flatMap { $0.value.split(separator: ",") }
        guard (1...50).contains(asked.count) else {
            throw Refusal(.badRequest, "endpoint_id: 1 to 50 values are expected", status: 422)
        }
        var prices: [JSONValue] = []
        for id in asked {
            guard let place = call.list.place(of: String(id)) else { continue }
            let unit: String
            let price: JSONValue?
            do {
                let category = try call.list.value(place)["metadata"]["category"]?.stringValue ?? ""
                let isImage = category.hasSuffix("-to-image")
                let isVideo = category.hasSuffix("-to-video")
                unit = isImage ? "images" : isVideo ? "seconds" : "compute seconds"
                price = try JSONValue(parsing: Array((isImage ? "0.025" : isVideo ? "0.5" : "0.00111").utf8))
            } catch {
                throw Refusal(.serverError, "\(error)")
            }
            prices.append(
                [
                    "endpoint_id": .string(String(id)), "unit_price": price ?? nil, "unit": .string(unit),
                    "currency": "USD",
                ]
            )
        }
        return .json(
            JSONValue.object(["prices": .array(prices), "next_cursor": nil, "has_more": false]).serialized()
        )
    }

    /// A picture that is always the same.
    private static func falImage(_ call: Call) throws(Refusal) -> Answer {
        try call.require(call.key(scheme: "key"))
        let id = String(call.path.dropFirst())
        guard call.acceptsUnknownModels || call.list.place(of: id) != nil else { throw Refusal(.unknownModel(id)) }
        let image: JSONValue = [
            "url": "https://fal.media/files/simulated.png", "width": 1024, "height": 1024, "content_type": "image/png",
        ]
        return .json(
            JSONValue.object(["images": [image], "seed": JSONValue(call.sequence), "has_nsfw_concepts": [false]])
                .serialized()
        )
    }
}
