/// The lists that each provider can serve, and the one that it serves now.
///
/// A value, kept in a lock by whoever answers requests.
struct Shelf: Sendable {
    /// The name of the list that is built in.
    static let builtIn = "built-in"

    /// The name of a list that was sent to the simulator.
    static let sent = "sent"

    private struct Entry: Sendable {
        var lists: [String: ModelList]
        var initial: String
        var selected: String
        var current: ModelList
    }

    private var entries: [String: Entry] = [:]

    /// Puts the built-in catalogues and the recordings on the shelf.
    ///
    /// - Parameters:
    ///   - recordings: lists by slug and file name.
    ///   - selected: the file that a provider serves, by slug; the newest by name for those not named.
    /// - Throws: a ``RecordingError`` for a selection of what is not there.
    init(
        recordings: [String: [String: ModelList]],
        selected: [String: String]
    ) throws(RecordingError) {
        for provider in SimulatedProviders.all {
            let recorded = recordings[provider.slug] ?? [:]
            let builtIn: ModelList
            do {
                builtIn = try ModelList(provider.catalogue, layouts: provider.layouts)
            } catch {
                throw RecordingError(description: "the built-in catalogue of \(provider.slug): \(error)")
            }
            let newest = recorded.keys.max() ?? Self.builtIn
            self.entries[provider.slug] = Entry(
                lists: recorded.merging([Self.builtIn: builtIn]) { recorded, _ in recorded },
                initial: newest,
                selected: newest,
                current: recorded[newest] ?? builtIn
            )
        }
        for (slug, name) in selected {
            try self.select(name, of: slug)
            self.entries[slug]?.initial = name
        }
    }

    /// The list that a provider serves.
    subscript(_ slug: String) -> ModelList? { self.entries[slug]?.current }

    /// The slugs, in order.
    var slugs: [String] { self.entries.keys.sorted() }

    /// The lists of a provider that can be selected.
    func names(of slug: String) -> [String] { self.entries[slug]?.lists.keys.sorted() ?? [] }

    /// The name of the list that a provider serves.
    func selected(of slug: String) -> String? { self.entries[slug]?.selected }

    /// Makes a provider serve another of its lists.
    ///
    /// - Throws: a ``RecordingError`` that says what there is instead.
    mutating func select(_ name: String, of slug: String) throws(RecordingError) {
        guard let entry = self.entries[slug] else {
            throw RecordingError(
                description: "There is no provider “\(slug)”; known are \(self.slugs.joined(separator: ", "))."
            )
        }
        guard let list = entry.lists[name] else {
            let names = self.names(of: slug).joined(separator: ", ")
            throw RecordingError(description: "\(slug) has no list “\(name)”; there are: \(names).")
        }
        self.entries[slug]?.selected = name
        self.entries[slug]?.current = list
    }

    /// Makes a provider serve a list that was sent; it replaces one that was sent before.
    mutating func put(_ list: ModelList, of slug: String) {
        self.entries[slug]?.lists[Self.sent] = list
        self.entries[slug]?.selected = Self.sent
        self.entries[slug]?.current = list
    }

    /// Makes a provider serve what it served at the start, and forgets what was sent.
    mutating func restore(_ slug: String) {
        guard var entry = self.entries[slug] else { return }
        entry.lists[Self.sent] = nil
        entry.selected = entry.initial
        if let list = entry.lists[entry.initial] { entry.current = list }
        self.entries[slug] = entry
    }
}
