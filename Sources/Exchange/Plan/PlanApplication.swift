import JSON
package import Registry

/// Does what a plan says, in one revision: exactly that, or nothing.
///
/// A value; it may be used from any task.
package struct PlanApplication: Sendable {
    /// The registry is not any more what the plan was made for; nothing was changed.
    package struct Stale: Error, Sendable, CustomStringConvertible {
        /// The revision that the plan was made for.
        package let base: Int64
        /// The latest revision.
        package let revision: Int64
        /// What came between, oldest first; at most ``most``.
        package let since: [RevisionLine]

        static let most = 20

        package var description: String {
            let missing = self.revision - self.base - Int64(self.since.count)
            let lines = self.since.map { "  \($0)" } + (missing > 0 ? ["  and \(missing) more"] : [])
            guard self.revision > self.base else {
                return "the plan was made for revision \(self.base), and this registry is only at \(self.revision): "
                    + "it belongs to another registry"
            }
            return "the plan was made for revision \(self.base), and the registry is at \(self.revision); "
                + "nothing was changed. Make the plan anew. Since then:\n\(lines.joined(separator: "\n"))"
        }
    }

    private let store: RegistryStore

    /// - Parameter store: The registry.
    package init(store: RegistryStore) {
        self.store = store
    }

    /// Applies a plan.
    ///
    /// - Parameters:
    ///   - plan: The plan.
    ///   - author: Who applies it; the reason, unless they give one, names the plan and its source.
    ///   - isDryRun: Whether to do all of it and take it back.
    /// - Returns: The revision that it made; nil for a plan without edits, and for a dry run.
    /// - Throws: ``Stale``; `EditRefused` for what this database's rules refuse; `PostgresError`.
    package func apply(_ plan: Plan, as author: Authorship, isDryRun: Bool = false) async throws -> Int64? {
        let contents = try await self.store.contents(of: Catalogue.tables)
        guard contents.revision == plan.baseRevision else {
            throw try await self.stale(plan, at: contents.revision)
        }
        guard let edits = Self.rowEdits(of: plan, for: contents) else {
            throw try await self.stale(plan, at: contents.revision)
        }
        guard !edits.isEmpty else { return nil }
        let name = plan.digest.split(separator: ":").last.map { String($0.prefix(12)) } ?? ""
        let author = Authorship(
            actor: author.actor,
            reason: author.reason ?? "plan \(name) from \(plan.source)"
        )
        do {
            return try await self.store.edit(edits, as: author, isDryRun: isDryRun, onlyAfter: plan.baseRevision)
                .revision
        } catch let moved as BaseMoved {
            throw try await self.stale(plan, at: moved.revision)
        } catch let refused as EditRefused where refused.problems.contains(where: { $0.code == .conflict }) {
            throw try await self.stale(plan, at: self.store.position().revision)
        }
    }

    private func stale(_ plan: Plan, at revision: Int64) async throws -> Stale {
        Stale(
            base: plan.baseRevision,
            revision: revision,
            since: try await self.store.revisions(after: plan.baseRevision, limit: Stale.most)
        )
    }

    /// The edits with the numbers that rows have here; nil where a row that is to be changed is not there.
    private static func rowEdits(of plan: Plan, for contents: RegistryContents) -> [RowEdit]? {
        var ids: [RegistryTable: [String: Int64]] = [:]
        for table in Catalogue.tables {
            for row in contents.rows(of: table) {
                if let id = row["id"]?.int64Value { ids[table, default: [:]][RowName.of(row, in: table)] = id }
            }
        }
        var edits: [RowEdit] = []
        for edit in plan.edits {
            guard let rowRevision = edit.rowRevision else {
                var set = edit.key
                set.merge(edit.set)
                edits.append(RowEdit(.create, of: edit.table, set: set, giveBack: edit.free, pin: edit.pin))
                continue
            }
            guard let id = ids[edit.table]?[RowName.of(edit.key, in: edit.table)] else { return nil }
            edits.append(
                RowEdit(.update(id: id), of: edit.table, seen: rowRevision, set: edit.set, pin: edit.pin)
            )
        }
        return edits
    }
}
