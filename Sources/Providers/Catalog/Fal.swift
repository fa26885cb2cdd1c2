import JSON

extension ProviderDefinition {
    /// fal.ai: images, video and sound. It holds no chats: a request is submitted to a queue or answered at an address of the
    /// model's own.
    ///
    /// Seen: one page of the list (April 2026). Documented: prices, asked for beside it with a key, each in its own unit.
    package static let fal = ProviderDefinition(
        slug: "fal",
        name: "fal.ai",
        kind: .image,
        siteURL: "https://fal.ai",
        baseURL: "https://fal.run",
        keyVariables: ["FAL_KEY"],
        otherKeyHosts: ["api.fal.ai", "queue.fal.run"],
        authentication: .scheme("Key"),
        chat: .none,
        listing: ModelListing(
            key: .optional,
            authentication: .scheme("Key"),
            sources: [
                ListSource(
                    first: ListingRequest(
                        reference: FalModels.list,
                        query: [QueryParameter("limit", "100")]
                    ),
                    rows: [["models"], ["data"]],
                    paging: .cursor(flag: "has_more", member: "next_cursor", parameter: "cursor"),
                    shape: FalModels.shape
                )
            ],
            followUp: FollowUp(batch: 50, needsKey: true, request: FalModels.prices, apply: FalModels.apply)
        ),
        refreshInterval: .seconds(24 * 3600)
    )
}

private enum FalModels {
    static let list = "https://api.fal.ai/v1/models"

    static let shape = RowShape { shape in
        shape.id = ["endpoint_id", "id"]
        shape.name = [["metadata", "display_name"]]
        shape.description = [["metadata", "description"]]
        shape.features = [["metadata", "tags"]]
        shape.adjust = { item, model in
            model.tag(ModelTag.noChat)
            Self.readCategory(item.text("metadata", "category"), into: &model)
            if let status = item.text("metadata", "status") {
                model.isActive = status == "active"
                if status == "deprecated" { model.tag(ModelTag.deprecated) }
            }
            guard case .object(let metadata) = item.value("metadata") else { return }
            model.metadata = ListedItem(metadata).metadata(
                "category",
                "status",
                "license_type",
                "kind",
                "group",
                "model_url",
                "date"
            )
        }
    }

    /// `image-to-video` says both sides; other categories have words of their own.
    private static func readCategory(_ category: String?, into model: inout ListedModel) {
        guard let category = category?.lowercased() else { return }
        let uses: [String: (inputs: [String], outputs: [String])] = [
            "llm": (["text"], ["text"]), "vision": (["text", "image"], ["text"]),
            "speech-to-text": (["audio"], ["transcription"]),
            "text-to-speech": (["text"], ["audio"]), "training": ([], []),
        ]
        let sides: (inputs: [String], outputs: [String])
        if let use = uses[category] {
            sides = use
        } else if let separator = category.firstRange(of: "-to-") {
            sides = ([String(category[..<separator.lowerBound])], [String(category[separator.upperBound...])])
        } else {
            return
        }
        model.inputModalities = Modality.words(sides.inputs)
        model.outputModalities = Modality.words(sides.outputs)
        model.mark(.inputModalities, .outputModalities, .modality, as: .api)
        if !sides.inputs.isEmpty { model.supportsVision = sides.inputs.contains("image") }
    }

    /// `GET /v1/models/pricing` for at most 50 models.
    @Sendable static func prices(_ models: [ListedModel]) -> ListingRequest {
        let ids = models.map(\.providerModelID).joined(separator: ",")
        return ListingRequest(reference: "\(self.list)/pricing", query: [QueryParameter("endpoint_id", ids)])
    }

    /// A price counts in the registry only where its unit is an image or a request; others are kept with their unit.
    @Sendable static func apply(_ answer: JSONValue, _ models: [ListedModel]) throws(ListingError) -> [ListedModel] {
        guard let rows = answer["prices"]?.arrayValue else {
            throw ListingError(.unexpectedShape, "the answer has no list of prices")
        }
        var prices: [String: ListedItem] = [:]
        for row in rows {
            guard let object = row.objectValue, let id = object["endpoint_id"]?.stringValue else { continue }
            prices[id] = ListedItem(object)
        }
        return models.map { model in
            guard let price = prices[model.providerModelID] else { return model }
            var model = model
            model.metadata["pricing"] = .object(price.metadata("unit_price", "unit", "currency"))
            if let currency = price.text("currency"), currency.uppercased() != "USD" {
                model.remark("the price is in \(currency.prefix(20)), not in US dollars", on: .pricingImage)
                return model
            }
            switch price.text("unit")?.lowercased() {
            case "image", "images":
                model.take(price.price(.usdPerImage, zero: .unknown, "unit_price"), as: .image)
            case "request", "requests":
                model.take(price.price(.usdPerRequest, zero: .unknown, "unit_price"), as: .request)
            case let unit:
                model.remark("it is billed by the \(unit?.prefix(40) ?? "unit that is not told")", on: .pricingImage)
            }
            return model
        }
    }
}
