/// Which requests behave how: set at run time, or for all requests on the command line.
package struct FaultRule: Sendable, Hashable {
    /// The provider's host (`api.openai.com`) or slug (`openai`); nil for all.
    package var host: String?

    /// How the path begins, without the host; nil for all.
    package var path: String?

    /// The model as the request names it; nil for all, requests without one included.
    package var model: String?

    /// The part of the matching requests that are affected, 0...1.
    package var probability: Double

    /// How many requests are still to be affected; nil for no end.
    package var count: Int?

    /// How they behave.
    package var behaviour: Behaviour

    /// Makes a rule.
    ///
    /// - Parameters:
    ///   - behaviour: how the requests behave.
    ///   - host: the provider's host or slug; nil for all.
    ///   - path: how the path begins, without the host; nil for all.
    ///   - model: the model as the request names it; nil for all.
    ///   - probability: the part of the matching requests that are affected, 0...1.
    ///   - count: how many requests are affected; nil for no end.
    package init(
        _ behaviour: Behaviour,
        host: String? = nil,
        path: String? = nil,
        model: String? = nil,
        probability: Double = 1,
        count: Int? = nil
    ) {
        self.behaviour = behaviour
        self.host = host
        self.path = path
        self.model = model
        self.probability = min(max(probability, 0), 1)
        self.count = count
    }

    /// Reads `openai:probability=0.1:status=429,retry-after=1`: conditions, each ended by a colon, then the behaviour.
    ///
    /// - Parameter text: the conditions are a provider's slug, `path=`, `model=`, `probability=` and `count=`.
    /// - Throws: a ``BehaviourError`` that names what cannot be read.
    package init(parsing text: String) throws(BehaviourError) {
        self.init(.ordinary)
        var rest = text[...]
        while let end = rest.firstIndex(of: ":"), try self.takeCondition(rest[..<end]) {
            rest = rest[end...].dropFirst()
        }
        self.behaviour = try Behaviour(parsing: rest)
    }

    /// False where the text is no condition, and therefore the behaviour.
    private mutating func takeCondition(_ text: Substring) throws(BehaviourError) -> Bool {
        let sides = text.split(separator: "=", maxSplits: 1).map(String.init)
        guard sides.count == 2 else {
            // A behaviour's own colon (cut=event:3) comes after an equals sign.
            if sides.count == 1, !sides[0].contains(",") { self.host = sides[0].lowercased() }
            return sides.count == 1
        }
        switch sides[0] {
        case "path": self.path = sides[1]
        case "model": self.model = sides[1]
        case "probability":
            guard let probability = Double(sides[1]), (0...1).contains(probability) else {
                throw BehaviourError(description: "“\(text)”: expected a number from 0 to 1")
            }
            self.probability = probability
        case "count":
            guard let count = Int(sides[1]), count >= 0 else {
                throw BehaviourError(description: "“\(text)”: expected a whole number")
            }
            self.count = count
        default: return false
        }
        return true
    }

    func covers(host: String, slug: String, path: String, model: String?) -> Bool {
        if let wanted = self.host, wanted != host, wanted != slug { return false }
        if let wanted = self.path, !path.hasPrefix(wanted) { return false }
        if let wanted = self.model, wanted != model { return false }
        return true
    }
}

/// The rules in force, in the order in which they were set; later ones win.
///
/// A value, kept in a lock by whoever answers requests. Chance comes from a seed, so that a run can be repeated.
struct FaultBook: Sendable {
    struct Entry: Sendable {
        let id: Int
        var rule: FaultRule
        var hits = 0
    }

    /// The most rules at a time.
    static let capacity = 256

    private(set) var entries: [Entry] = []
    private var lastID = 0
    private var generator: SplitMix

    init(seed: UInt64) {
        self.generator = SplitMix(seed: seed)
    }

    /// Sets a rule; nil when there are already ``capacity`` of them.
    mutating func add(_ rule: FaultRule) -> Int? {
        guard self.entries.count < Self.capacity else { return nil }
        self.lastID += 1
        self.entries.append(Entry(id: self.lastID, rule: rule))
        return self.lastID
    }

    mutating func remove(id: Int) -> Bool {
        guard let place = self.entries.firstIndex(where: { $0.id == id }) else { return false }
        self.entries.remove(at: place)
        return true
    }

    mutating func removeAll() {
        self.entries.removeAll()
    }

    /// What the rules make of a request; counts down those that are used up.
    mutating func behaviour(host: String, slug: String, path: String, model: String?) -> Behaviour {
        var behaviour = Behaviour.ordinary
        for place in self.entries.indices {
            let rule = self.entries[place].rule
            guard rule.count != 0, rule.covers(host: host, slug: slug, path: path, model: model) else { continue }
            guard rule.probability >= 1 || self.generator.unit() < rule.probability else { continue }
            self.entries[place].hits += 1
            if let count = rule.count { self.entries[place].rule.count = count - 1 }
            behaviour = behaviour.overridden(by: rule.behaviour)
        }
        return behaviour
    }
}
