import FoundationEssentials
import JSON
package import Registry

extension ModelsFile {
    /// What writing a file anew changed in it.
    package struct Changes: Sendable, Hashable {
        /// Ids of entries that were not there.
        package var added: [String] = []
        /// Ids of entries of which something changed.
        package var changed: [String] = []
        /// Ids of entries whose model the registry has switched off.
        package var removed: [String] = []
        /// Lists that were not there and were filled.
        package var filled: [List] = []
        /// How many entries there are of models that the registry does not know.
        package var own = 0
        /// What a person should know, in sentences.
        package var notes: [String] = []

        package init() {}

        /// Whether the file is as it was.
        package var isEmpty: Bool {
            self.added.isEmpty && self.changed.isEmpty && self.removed.isEmpty && self.filled.isEmpty
        }
    }

    /// Brings the file up to the registry.
    ///
    /// Every model that requests may use gets an entry. Of an entry that is there, `size_b` is kept up, and `type` filled in
    /// where it is missing; its id, its place and every other key stay. A size without `size_estimated` was written by
    /// somebody who knew, and gives way only to one that the registry knows. The entry of a model that the registry has
    /// switched off goes, unless it holds keys of somebody's own. Entries of models that the registry does not know stay.
    /// Lists stay; one that is missing or empty is taken from the registry's route of that name, or chosen
    /// (``PreferredModels``).
    ///
    /// - Parameter contents: The registry.
    /// - Returns: What changed.
    package mutating func update(from contents: RegistryContents) -> Changes {
        var changes = Changes()
        let offers = RegistryModel.all(in: contents)
        let byName = Dictionary(offers.map { ($0.qualifiedName, $0) }, uniquingKeysWith: { first, _ in first })
        let entries = self.entries
        var kept: [(id: YAMLScalar, value: YAMLValue, provider: String?)] = []
        var covered: Set<String> = []
        for ((id, value), entry) in zip(self.models, entries) {
            guard let name = entry.qualifiedName, let offer = byName[name] else {
                changes.own += 1
                kept.append((id, value, entry.provider))
                continue
            }
            covered.insert(name)
            if !offer.isAvailable {
                guard !entry.ownConfig.isEmpty || !entry.ownMembers.isEmpty else {
                    changes.removed.append(entry.id)
                    continue
                }
                changes.notes.append("“\(entry.id)” stays because it has keys of its own, but \(name) is switched off.")
            }
            let updated = Self.updated(entry, to: offer)
            if updated != value { changes.changed.append(entry.id) }
            kept.append((id, updated, entry.provider))
        }
        var ids = ModelIDs(taken: kept.map(\.id.spelling), reserved: offers.map(\.modelsFileID))
        let new = offers.filter { $0.isAvailable && !covered.contains($0.qualifiedName) }
            .map { offer in (id: ids.next(offer.modelsFileID), offer: offer) }
        changes.added = new.map(\.id)
        self.models = Self.placed(new, among: kept)
        self.fillLists(from: contents, offers, &changes)
        return changes
    }

    // MARK: Entries

    private static func updated(_ entry: Entry, to offer: RegistryModel) -> YAMLValue {
        var members = entry.value.mapping ?? YAMLMapping()
        if entry.type == nil {
            members.insert("type", YAMLValue(text: offer.type), after: "provider")
        }
        let size = offer.size
        let isTheirs = entry.size.map { !$0.isEstimated && size.isEstimated } ?? false
        if !isTheirs, entry.size != size {
            if entry.size?.billions != size.billions {
                let value = YAMLValue(.scalar(.plain(size.billions.description)))
                if members["size_b"] == nil {
                    members.insert("size_b", value, after: "type")
                } else {
                    members["size_b"] = value
                }
            }
            members["size_estimated"] = nil
            if size.isEstimated { members.insert("size_estimated", YAMLValue(true), after: "size_b") }
        }
        return YAMLValue(.mapping(members), tag: entry.value.tag, place: entry.value.place)
    }

    /// The entry of a model that the file does not have yet.
    private static func entry(of offer: RegistryModel) -> YAMLValue {
        var config = YAMLMapping([(key: .text("model_name"), value: YAMLValue(text: offer.apiName))])
        for (key, value) in offer.own["config"]?.objectValue ?? [:] where key != "model_name" {
            config[key] = YAMLValue(value)
        }
        var members = YAMLMapping([
            (key: .text("provider"), value: YAMLValue(text: offer.provider)),
            (key: .text("type"), value: YAMLValue(text: offer.type)),
            (key: .text("size_b"), value: YAMLValue(.scalar(.plain(offer.size.billions.description)))),
        ])
        if offer.size.isEstimated { members["size_estimated"] = YAMLValue(true) }
        members["config"] = YAMLValue(.mapping(config))
        for (key, value) in offer.own["entry"]?.objectValue ?? [:] where members[key] == nil {
            members[key] = YAMLValue(value)
        }
        return YAMLValue(.mapping(members))
    }

    /// Puts new entries among those that stay: beside the others of their provider, in the order of names; what stays
    /// keeps its place.
    private static func placed(
        _ new: [(id: String, offer: RegistryModel)],
        among kept: [(id: YAMLScalar, value: YAMLValue, provider: String?)]
    ) -> YAMLMapping {
        var waiting = Dictionary(grouping: new, by: \.offer.provider).mapValues { group in
            Array(group.sorted { NaturalOrder.precedes($0.id, $1.id) }.reversed())
        }
        var remaining = Dictionary(grouping: kept.compactMap(\.provider), by: { $0 }).mapValues(\.count)
        var models = YAMLMapping()
        func put(_ entry: (id: String, offer: RegistryModel)) {
            models[entry.id] = Self.entry(of: entry.offer)
        }
        for (id, value, provider) in kept {
            if let provider {
                while let next = waiting[provider]?.last, NaturalOrder.precedes(next.id, id.spelling) {
                    put(next)
                    waiting[provider]?.removeLast()
                }
            }
            models[id] = value
            guard let provider else { continue }
            remaining[provider]? -= 1
            if remaining[provider] == 0 { waiting.removeValue(forKey: provider)?.reversed().forEach(put) }
        }
        for provider in waiting.keys.sorted() { waiting[provider]?.reversed().forEach(put) }
        return models
    }

    // MARK: Lists

    private mutating func fillLists(
        from contents: RegistryContents,
        _ offers: [RegistryModel],
        _ changes: inout Changes
    ) {
        let preferred = PreferredModels(offers)
        for list in List.allCases {
            let route = contents.rows(of: .routes).first { $0["name"]?.stringValue == list.route }
            let isUsable = route?["is_active"]?.boolValue ?? false
            let members = isUsable ? route?["members"]?.arrayValue ?? [] : []
            let routed = members.map(Self.element)
            if let own = self[list] {
                let theirs = own.list ?? [own]
                if !routed.isEmpty, self.members(theirs) != self.members(routed) {
                    changes.notes.append(
                        "\(list.path) is not what the route \(list.route) of the registry is, and stays: take it out of the "
                            + "file to have it written anew, or bring it into the registry with roster import."
                    )
                }
                continue
            }
            let found = routed.isEmpty ? preferred[list].map { YAMLValue(text: $0) } : routed
            if list == .default, found.count == 1 {
                self[list] = found.first
            } else {
                self[list] = found.isEmpty ? nil : YAMLValue(.list(found))
            }
            if !found.isEmpty { changes.filled.append(list) }
        }
    }

    /// Names as routes have them, so that an id of the file is no other than the model it stands for.
    private func members(_ elements: [YAMLValue]) -> [JSONValue] {
        elements.compactMap { Self.member($0) }.map { member in
            RouteMemberName.bare(self.resolved(member))
        }
    }

    /// A member of a route as an element of a list: only a name, where there is nothing else to say.
    private static func element(_ member: JSONValue) -> YAMLValue {
        YAMLValue(RouteMemberName.bare(member))
    }
}
