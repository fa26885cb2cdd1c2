import JSON

/// How the rows of an ordinary list are read: which member holds what. Everything that may be missing may be; of several
/// members for one thing the first that holds something counts.
///
/// What is particular about a provider's rows beyond that goes into ``adjust``.
package struct RowShape: Sendable {
    /// A path of member names.
    package typealias Path = [String]

    /// The members that may hold the id.
    package var id = ["id"]

    /// What is taken off the id's beginning.
    package var idPrefix = ""

    package var name: [Path] = [["name"], ["display_name"]]
    package var description: [Path] = [["description"]]
    package var contextLength: [Path] = []
    package var maxOutputTokens: [Path] = []
    package var deprecationDate: [Path] = []
    package var successor: [Path] = []
    package var aliases: [Path] = []

    /// The prices, each group with its unit.
    package var prices: [PriceList] = []

    /// The object with `modality`, `input_modalities` and `output_modalities`, where there is one.
    package var architecture: String?
    package var inputModalities: [Path] = []
    package var outputModalities: [Path] = []

    /// Where the row says what kind of model it is, and what that means.
    package var kind: Kind?

    package var capabilities: [Capability] = []

    /// The words that are taken over as features.
    package var features: [Path] = []

    /// The members that are kept as they are. None that is stamped anew at each request belongs here: it would look like a
    /// change.
    package var metadata: [String] = []

    /// What a model is for whose row says nothing of it and whose name gives away nothing else.
    package var otherwise: ModelName.Use?

    /// Makes the name that requests use of the one that the row has.
    package var rename: @Sendable (String) -> String = { $0 }

    /// What is particular about the provider's rows.
    package var adjust: @Sendable (ListedItem, inout ListedModel) -> Void = { _, _ in }

    package init() {}

    /// The ordinary shape with what differs.
    package init(_ change: (inout RowShape) -> Void) {
        change(&self)
    }

    /// The same shape, with what is particular about the provider's ids and rows.
    package func renaming(
        _ rename: @escaping @Sendable (String) -> String,
        adjusting adjust: @escaping @Sendable (ListedItem, inout ListedModel) -> Void
    ) -> RowShape {
        var shape = self
        shape.rename = rename
        shape.adjust = adjust
        return shape
    }

    /// Prices of one endpoint in one unit.
    package struct PriceList: Sendable {
        package let unit: PriceUnit
        package let zero: PriceUnit.Zero
        package let members: [(price: PriceField, path: Path)]

        package init(_ unit: PriceUnit, zero: PriceUnit.Zero, _ members: [(PriceField, Path)]) {
            self.unit = unit
            self.zero = zero
            self.members = members
        }
    }

    /// The member that says what kind of model a row is.
    package struct Kind: Sendable {
        package let path: Path

        /// What each word means; what is not among them is left to the name.
        package let uses: [String: ModelName.Use]

        package init(_ path: Path, _ uses: [String: ModelName.Use]) {
            self.path = path
            self.uses = uses
        }
    }

    /// What a model can do.
    package enum Ability: Sendable, Hashable {
        case tools, vision, reasoning, schema
    }

    /// Where a row says whether a model can do something.
    package enum Capability: Sendable {
        /// A flag. Of several capabilities for one ability the first that is told counts.
        case flag(Ability, Path)
        /// A list that holds one of the words, or none of them; an empty list says nothing.
        case word(Ability, Path, [String])
    }

    /// Reads a row.
    ///
    /// - Parameters:
    ///   - item: the row.
    ///   - context: who was asked.
    /// - Returns: the one model of it.
    /// - Throws: an ``ItemRefusal`` where the row names none.
    package func read(_ item: ListedItem, _ context: ListingContext) throws(ItemRefusal) -> [ListedModel] {
        let id = self.rename(try item.id(anyOf: self.id, droppingPrefix: self.idPrefix))
        guard !id.isEmpty else { throw ItemRefusal("the id is empty without what stands before it") }
        var model = ListedModel(providerModelID: id, name: self.name.firstValue { item.text(at: $0) })
        model.description = self.description.firstValue { item.text(at: $0) }
        model.contextLength = self.contextLength.firstValue { item.count(at: $0) }
        model.maxOutputTokens = self.maxOutputTokens.firstValue { item.count(at: $0) }
        model.deprecationDate = self.deprecationDate.firstValue { item.date(at: $0) }
        model.successor = self.successor.firstValue { item.text(at: $0) }
        model.aliases = self.aliases.firstValue { item.words(at: $0) } ?? []
        model.aliases.removeAll { $0 == id || $0.utf8.count > ListedItem.longestID }
        model.features = self.features.firstValue { item.words(at: $0) } ?? []
        model.metadata = item.metadata(self.metadata)
        for list in self.prices {
            for member in list.members where model.pricing[member.price] == nil {
                model.take(item.price(list.unit, zero: list.zero, at: member.path), as: member.price)
            }
        }
        self.readModalities(item, into: &model)
        self.readCapabilities(item, into: &model)
        self.adjust(item, &model)
        model.estimateFromName()
        return [model]
    }

    private func readModalities(_ item: ListedItem, into model: inout ListedModel) {
        var inputs = self.inputModalities.firstValue { item.words(at: $0) } ?? []
        var outputs = self.outputModalities.firstValue { item.words(at: $0) } ?? []
        if let architecture = self.architecture, inputs.isEmpty || outputs.isEmpty,
            let told = item.modalities(architecture)
        {
            if inputs.isEmpty { inputs = told.inputs }
            if outputs.isEmpty { outputs = told.outputs }
        }
        model.inputModalities = Modality.words(inputs)
        model.outputModalities = Modality.words(outputs)
        if !inputs.isEmpty { model.supportsVision = model.inputModalities.contains("image") }

        if let kind = self.kind, let word = item.text(at: kind.path), let use = kind.uses[word.lowercased()] {
            if model.inputModalities.isEmpty { model.inputModalities = use.inputs }
            if model.outputModalities.isEmpty { model.outputModalities = use.outputs }
            for tag in use.tags { model.tag(tag) }
        }
        guard model.outputModalities.isEmpty else { return }
        if let use = ModelName.useBesidesChat(model.providerModelID) {
            model.estimate(use)
        } else if let use = self.otherwise {
            // What is taken in is not told; guessing `text` would deny the images that many accept.
            model.outputModalities = use.outputs
            model.mark(.outputModalities, as: .estimated)
        }
    }

    private func readCapabilities(_ item: ListedItem, into model: inout ListedModel) {
        var told: Set<Ability> = []
        for capability in self.capabilities {
            let (ability, isThere): (Ability, Bool?) =
                switch capability {
                case .flag(let ability, let path): (ability, item.flag(at: path))
                case .word(let ability, let path, let words):
                    (
                        ability,
                        item.words(at: path).flatMap { listed in
                            listed.isEmpty ? nil : listed.contains { words.contains($0.lowercased()) }
                        }
                    )
                }
            guard let isThere, told.insert(ability).inserted else { continue }
            switch ability {
            case .tools: model.supportsTools = isThere
            case .vision: model.supportsVision = isThere
            case .reasoning: model.supportsReasoning = isThere
            case .schema: model.supportsJSONSchema = isThere
            }
        }
    }
}

extension Sequence {
    /// The first value that an element gives.
    fileprivate func firstValue<Value>(_ read: (Element) -> Value?) -> Value? {
        for element in self {
            if let value = read(element) { return value }
        }
        return nil
    }
}

extension ListSource {
    /// One endpoint whose rows are ordinary.
    package init(
        first: ListingRequest,
        rows: [[String]] = Self.usualRows,
        total: [[String]] = [],
        paging: Paging = .none,
        role: Role = .lists,
        mayBeAbsent: Bool = false,
        needsKey: Bool = false,
        omitsEmptyRows: Bool = false,
        shape: RowShape
    ) {
        self.init(
            first: first,
            rows: rows,
            total: total,
            paging: paging,
            role: role,
            mayBeAbsent: mayBeAbsent,
            needsKey: needsKey,
            omitsEmptyRows: omitsEmptyRows,
            normalise: { item, context throws(ItemRefusal) in try shape.read(item, context) }
        )
    }
}
