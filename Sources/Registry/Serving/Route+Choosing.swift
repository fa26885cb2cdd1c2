import FoundationEssentials

extension Route {
    /// Its members in the order in which one request shall try them.
    func membersInTurn() -> [RouteMember] {
        var generator = SystemRandomNumberGenerator()
        return self.membersInTurn(using: &generator)
    }

    /// The same, by a given chance.
    ///
    /// By weight, the first is drawn in proportion to the weights, the next from those that remain, and so on, so that a
    /// member that fails is followed as if it had not been there. A member of weight 0 comes only after all others.
    func membersInTurn(using generator: inout some RandomNumberGenerator) -> [RouteMember] {
        guard self.strategy == .weighted, self.members.count > 1 else { return self.members }
        var remaining = self.members.filter { $0.weight > 0 }
        var inTurn: [RouteMember] = []
        while !remaining.isEmpty {
            let total = remaining.reduce(0) { $0 + UInt64($1.weight) }
            var drawn = UInt64.random(in: 0..<total, using: &generator)
            let place = remaining.firstIndex { member in
                guard drawn >= UInt64(member.weight) else { return true }
                drawn -= UInt64(member.weight)
                return false
            }
            inTurn.append(remaining.remove(at: place ?? remaining.startIndex))
        }
        return inTurn + self.members.filter { $0.weight <= 0 }
    }
}

extension [Offer] {
    /// Puts the cheapest first: by the sum of input and output price, unknown prices last, equals as they stood.
    mutating func sortByPrice() {
        let ranked = self.enumerated().map { place, offer -> (price: Decimal?, place: Int, offer: Offer) in
            let pricing = offer.model.pricing
            guard let prompt = pricing.prompt, let completion = pricing.completion else { return (nil, place, offer) }
            return (prompt + completion, place, offer)
        }
        self = ranked.sorted { left, right in
            switch (left.price, right.price) {
            case (let first?, let second?) where first != second: first < second
            case (.some, nil): true
            case (nil, .some): false
            default: left.place < right.place
            }
        }.map(\.offer)
    }
}
