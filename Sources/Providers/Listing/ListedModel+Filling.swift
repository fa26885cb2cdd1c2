import JSON

extension ListedModel {
    /// A model that the provider is known to have, of which it says nothing to this key.
    init(known id: String) {
        self.init(providerModelID: id)
        self.estimateFromName()
        self.mark(.name, as: .curated)
    }

    /// Takes over from another description of the same model what this one leaves open or only guesses.
    mutating func fill(from other: ListedModel) {
        if self.name == self.providerModelID, other.name != other.providerModelID { self.name = other.name }
        self.take(\.description, .description, from: other)
        self.take(\.family, .family, from: other)
        for price in PriceField.allCases {
            self.take(\.pricing[price], price.field, from: other)
            if self.pricing[price] == nil, self.remarks[price.field] == nil, let reason = other.remarks[price.field] {
                self.remark(reason, on: price.field)
            }
        }
        self.take(\.contextLength, .contextLength, from: other)
        self.take(\.maxOutputTokens, .maxOutputTokens, from: other)
        self.take(\.inputModalities, .inputModalities, from: other)
        self.take(\.outputModalities, .outputModalities, from: other)
        self.take(\.supportsStreaming, .supportsStreaming, from: other)
        self.take(\.supportsTools, .supportsTools, from: other)
        self.take(\.supportsVision, .supportsVision, from: other)
        self.take(\.supportsReasoning, .supportsReasoning, from: other)
        self.take(\.supportsJSONSchema, .supportsJSONSchema, from: other)
        self.take(\.sizeB, .sizeB, from: other)
        self.take(\.features, .features, from: other)
        self.take(\.regions, .regions, from: other)
        self.take(\.isActive, .isActive, from: other)
        self.take(\.deprecationDate, .deprecationDate, from: other)
        self.take(\.successor, .successor, from: other)
        for tag in other.tags { self.tag(tag) }
        for alias in other.aliases where !self.aliases.contains(alias) { self.aliases.append(alias) }
        for (member, value) in other.metadata where self.metadata[member] == nil { self.metadata[member] = value }
    }

    /// Whether a field that holds something may be replaced by what is known better.
    func isGuessed(_ field: ModelField) -> Bool { self.origin(of: field) == .estimated }

    private mutating func take<Value>(
        _ path: WritableKeyPath<ListedModel, Value?>,
        _ field: ModelField,
        from other: ListedModel
    ) {
        guard other[keyPath: path] != nil else { return }
        guard self[keyPath: path] == nil || (self.isGuessed(field) && !other.isGuessed(field)) else { return }
        self[keyPath: path] = other[keyPath: path]
        self.mark(field, as: other.origin(of: field))
        self.forgetRemark(on: field)
    }

    private mutating func take(
        _ path: WritableKeyPath<ListedModel, [String]>,
        _ field: ModelField,
        from other: ListedModel
    ) {
        guard !other[keyPath: path].isEmpty else { return }
        guard self[keyPath: path].isEmpty || (self.isGuessed(field) && !other.isGuessed(field)) else { return }
        self[keyPath: path] = other[keyPath: path]
        self.mark(field, as: other.origin(of: field))
        if field == .inputModalities || field == .outputModalities { self.mark(.modality, as: other.origin(of: field)) }
    }

    /// Gives up every price, with the reason; what the list says stays in the metadata.
    mutating func forgetPrices(because reason: String) {
        for price in PriceField.allCases where self.pricing[price] != nil {
            self.pricing[price] = nil
            self.mark(price.field, as: .api)
            self.remark(reason, on: price.field)
        }
        self.tags.removeAll { $0 == ModelTag.free }
    }
}
