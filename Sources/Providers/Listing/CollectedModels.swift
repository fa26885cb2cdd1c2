/// The models of a list as its pages come in: each id once, and each alias with the model that it names.
struct CollectedModels: Sendable {
    private(set) var models: [ListedModel] = []
    private(set) var skipped: [SkippedItem] = []

    /// The rows that became models or were left out with a reason. Rows that only told more of a model are none of them.
    private(set) var rowCount = 0

    private var places: [String: Int] = [:]
    private var aliases: [String: Int] = [:]

    /// Takes a page over.
    mutating func add(_ page: ListedPage, as role: ListSource.Role) {
        switch role {
        case .lists:
            self.rowCount += page.rowCount
            self.skipped += page.skipped
        case .completes:
            self.rowCount += page.skipped.count
            self.skipped += page.skipped
        case .describes:
            break
        }
        for model in page.models {
            let place = self.places[model.providerModelID] ?? self.aliases[model.providerModelID]
            switch (role, place) {
            case (.lists, nil):
                self.append(model)
            case (.completes, nil):
                self.rowCount += 1
                self.append(model)
            case (.describes, nil):
                break
            case (.lists, .some(let place)):
                self.skip(model, for: place)
            case (.completes, .some(let place)), (.describes, .some(let place)):
                self.models[place].fill(from: model)
            }
        }
    }

    private mutating func append(_ model: ListedModel) {
        self.places[model.providerModelID] = self.models.count
        for alias in model.aliases where self.aliases[alias] == nil { self.aliases[alias] = self.models.count }
        self.models.append(model)
    }

    private mutating func skip(_ model: ListedModel, for place: Int) {
        let listed = self.models[place].providerModelID
        let reason =
            listed == model.providerModelID
            ? "the id is listed more than once; its first row counts" : "it is another name of \(listed)"
        self.skipped.append(SkippedItem(id: model.providerModelID, index: nil, reason: reason))
    }
}
