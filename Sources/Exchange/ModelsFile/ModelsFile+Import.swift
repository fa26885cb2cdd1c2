import FoundationEssentials
import JSON
package import Registry

/// What taking a `models.yaml` into the registry would do: edits, each with its place in the file.
package struct ModelsFileImport: Sendable {
    /// What is to be edited, all of it in one revision.
    package fileprivate(set) var edits: [RowEdit] = []
    /// Where the file asks for each edit.
    package fileprivate(set) var places: [YAMLPlace?] = []
    /// What a person should know and what stops nothing, in the order of the file.
    package fileprivate(set) var notes: [ModelsFileError.Problem] = []
}

extension ModelsFile {
    /// Compares the file with the registry.
    ///
    /// An entry whose model the registry lacks becomes a row (found by: manual). Of one that is there, a size that is no
    /// estimate is taken over, and what the file says beyond the registry's columns goes into `metadata`, from where a file
    /// that is written later has it again. Lists become routes. Nothing is switched off because the file lacks it.
    ///
    /// - Parameter contents: The registry.
    /// - Returns: The edits; none where the registry says all that the file does.
    /// - Throws: ``ModelsFileError`` with everything that is wrong.
    package func importing(into contents: RegistryContents) throws(ModelsFileError) -> ModelsFileImport {
        var problems = self.problems
        var result = ModelsFileImport()
        let offers = Dictionary(
            RegistryModel.all(in: contents).map { ($0.qualifiedName, $0) },
            uniquingKeysWith: { first, _ in first }
        )
        let slugs = contents.rows(of: .providers).compactMap { $0["slug"]?.stringValue }
        let adapters = Dictionary(
            contents.rows(of: .providers).compactMap { row in
                row["slug"]?.stringValue.map { ($0, row["adapter"]?.stringValue ?? $0) }
            },
            uniquingKeysWith: { first, _ in first }
        )
        for entry in self.entries {
            guard let provider = entry.provider, let modelName = entry.modelName else { continue }
            guard let adapter = adapters[provider] else {
                let place = entry.value.mapping?["provider"]?.place ?? entry.value.place
                problems.append(.init(place, Self.unknownProvider(provider, of: entry.id, known: slugs)))
                continue
            }
            do throws(YAMLError) {
                let own = try Self.own(of: entry, canonicalID: "\(provider)_\(modelName)", adapter: adapter)
                let edit = Self.edit(entry, own, offers["\(provider)/\(modelName)"])
                if let edit { result.add(edit, at: entry.value.place) }
            } catch {
                problems.append(.init(error.place, "“\(entry.id)”: \(error.message)"))
            }
        }
        for list in List.allCases { self.importList(list, contents, offers, &result) }
        for (key, value) in self.document where !Self.knownMembers.contains(key.spelling) {
            result.notes.append(
                .init(value.place, "“\(key.spelling)” stays in the file: the registry has no place for it")
            )
        }
        guard problems.isEmpty else { throw ModelsFileError(problems) }
        return result
    }

    private static let knownMembers = ["models", "preferences", "cost_optimized", "performance_optimized"]

    private static func unknownProvider(_ slug: String, of id: String, known: [String]) -> String {
        "the provider “\(slug)” of “\(id)” is not in the registry, which has \(known.sorted().joined(separator: ", ")); "
            + "add it first, as a row of providers with the slug \(slug) (in the console, by POST "
            + "/api/v1/registry/providers, or with roster import and a CSV of providers)"
    }

    // MARK: Entries

    /// What the registry has no column for; empty where the entry says nothing of the kind.
    private static func own(of entry: Entry, canonicalID: String, adapter: String) throws(YAMLError) -> JSONObject {
        var own: JSONObject = [:]
        if entry.id != canonicalID { own["id"] = .string(entry.id) }
        if let type = entry.type, type != adapter { own["type"] = .string(type) }
        if !entry.ownConfig.isEmpty { own["config"] = .object(try entry.ownConfig.json()) }
        if !entry.ownMembers.isEmpty { own["entry"] = .object(try entry.ownMembers.json()) }
        return own
    }

    private static func edit(_ entry: Entry, _ own: JSONObject, _ offer: RegistryModel?) -> RowEdit? {
        var set: JSONObject = [:]
        if let size = entry.size, !size.isEstimated {
            let known = offer?.size
            if offer == nil || known?.billions != size.billions || known?.isEstimated == true {
                set["size_b"] = .string(size.billions.description)
            }
        }
        if own != offer?.own ?? [:] {
            var metadata = offer?.row["metadata"]?.objectValue ?? [:]
            metadata[RegistryModel.metadataKey] = own.isEmpty ? nil : .object(own)
            set["metadata"] = .object(metadata)
        }
        guard let offer else {
            set["provider"] = JSONValue(entry.provider)
            set["provider_model_id"] = JSONValue(entry.modelName)
            set["model_name"] = JSONValue(entry.modelName)
            return RowEdit(.create, of: .models, set: set)
        }
        guard !set.isEmpty, let id = offer.row["id"]?.int64Value else { return nil }
        return RowEdit(.update(id: id), of: .models, seen: offer.row["row_revision"]?.int64Value, set: set)
    }

    // MARK: Lists

    private func importList(
        _ list: List,
        _ contents: RegistryContents,
        _ offers: [String: RegistryModel],
        _ result: inout ModelsFileImport
    ) {
        guard let value = self[list] else { return }
        let elements = value.list ?? [value]
        let members = elements.compactMap { Self.member($0) }.map { self.resolved($0) }
        let names = Set(offers.values.map(\.apiName))
        let inFile = Set(self.entries.compactMap(\.qualifiedName)).union(self.entries.compactMap(\.modelName))
        for (element, member) in zip(elements, members) {
            guard let name = RouteMemberName.model(of: member) else { continue }
            guard offers[name] == nil, !names.contains(name), !inFile.contains(name) else { continue }
            result.notes.append(
                .init(element.place, "\(list.path): no model is named “\(name)” yet; it is used once there is one")
            )
        }
        let route = contents.rows(of: .routes).first { $0["name"]?.stringValue == list.route }
        guard let route, let id = route["id"]?.int64Value else {
            let set: JSONObject = ["name": .string(list.route), "members": .array(members)]
            return result.add(RowEdit(.create, of: .routes, set: set), at: value.place)
        }
        let present = (route["members"]?.arrayValue ?? []).map(RouteMemberName.bare)
        guard present != members.map(RouteMemberName.bare) else { return }
        let edit = RowEdit(
            .update(id: id),
            of: .routes,
            seen: route["row_revision"]?.int64Value,
            set: ["members": .array(members)]
        )
        result.add(edit, at: value.place)
    }

    /// A member by the name that the registry knows its model by: an id of the file becomes `provider/api-name`.
    func resolved(_ member: JSONValue) -> JSONValue {
        guard let name = RouteMemberName.model(of: member), let entry = self.models[name]?.mapping,
            let provider = entry["provider"]?.scalar?.name,
            let modelName = entry["config"]?.mapping?["model_name"]?.scalar?.name,
            modelName != name
        else { return member }
        return RouteMemberName.renamed(member, to: "\(provider)/\(modelName)")
    }
}

extension ModelsFileImport {
    fileprivate mutating func add(_ edit: RowEdit, at place: YAMLPlace?) {
        self.edits.append(edit)
        self.places.append(place)
    }
}
