import Registry

/// How many models each provider of a snapshot has, and how many of them requests may use.
struct ModelCounts {
    /// A provider's models.
    struct Count {
        var total = 0
        var active = 0
    }

    /// Of all providers.
    private(set) var all = Count()
    private var byProvider: [Int64: Count] = [:]

    /// Counts the models of a snapshot.
    init(_ snapshot: Snapshot) {
        for offer in snapshot.offers {
            self.all.total += 1
            self.byProvider[offer.provider.id, default: Count()].total += 1
            guard offer.isAvailable else { continue }
            self.all.active += 1
            self.byProvider[offer.provider.id, default: Count()].active += 1
        }
    }

    /// Of one provider.
    subscript(_ provider: Provider) -> Count { self.byProvider[provider.id] ?? Count() }
}
