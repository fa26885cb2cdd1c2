import JSON
package import Registry

/// Imports files into the registry as edits of a person: what they changed becomes theirs, what they left alone does not.
///
/// A value; it may be used from any task.
package struct SheetImport: Sendable {
    /// What came of an import.
    package enum Outcome: Sendable {
        /// Something is wrong with the file; nothing was changed.
        case refused(ImportPreview)
        /// The registry has moved, and this is no longer what was seen; nothing was changed.
        case stale(ImportPreview)
        /// It was done, in the one revision that is given; nil where there was nothing to change.
        case applied(ImportPreview, revision: Int64?)
    }

    private let store: RegistryStore

    /// - Parameter store: The registry.
    package init(store: RegistryStore) {
        self.store = store
    }

    /// Says what an import would do; every rule of the database has been asked, and nothing is changed.
    ///
    /// - Parameters:
    ///   - sheet: The file.
    ///   - author: Who would edit.
    /// - Returns: The preview.
    /// - Throws: `PostgresError`, `CancellationError`.
    package func preview(_ sheet: Sheet, as author: Authorship) async throws -> ImportPreview {
        let preview = try await self.compare(sheet)
        guard !preview.edits.isEmpty else { return preview }
        do {
            _ = try await self.store.edit(preview.edits, as: author, isDryRun: true)
            return preview
        } catch let refused as EditRefused {
            return preview.adding(refused.problems, sheet)
        }
    }

    /// Imports a file: all of it, or nothing.
    ///
    /// - Parameters:
    ///   - sheet: The file.
    ///   - digest: The ``ImportPreview/digest`` that the person has seen, or its beginning; nil for whatever the file would
    ///     do now.
    ///   - author: Who edits.
    /// - Returns: What came of it.
    /// - Throws: `PostgresError`, `CancellationError`.
    package func apply(_ sheet: Sheet, seen digest: String?, as author: Authorship) async throws -> Outcome {
        let preview = try await self.compare(sheet)
        if let digest, !preview.digest.hasPrefix(digest.lowercased()) { return .stale(preview) }
        guard preview.errors.isEmpty else { return .refused(preview) }
        guard !preview.edits.isEmpty else { return .applied(preview, revision: nil) }
        do {
            let outcome = try await self.store.edit(preview.edits, as: author)
            return .applied(preview, revision: outcome.revision)
        } catch let refused as EditRefused {
            // Edits name the row revisions that were compared with: a conflict here has come about since then.
            let moved = refused.problems.contains { $0.code == .conflict || $0.code == .notFound }
            guard !moved else { return .stale(try await self.preview(sheet, as: author)) }
            return .refused(preview.adding(refused.problems, sheet))
        }
    }

    private func compare(_ sheet: Sheet) async throws -> ImportPreview {
        let content = try await self.store.content(of: sheet.table)
        var comparison = SheetComparison(sheet, with: content)
        try await comparison.compare()
        comparison.settle(try await self.store.changes(of: sheet.table, after: comparison.staleRows))
        return comparison.preview(at: content.revision)
    }
}

extension ImportPreview {
    /// The same with what the database found wrong.
    fileprivate func adding(_ problems: [EditProblem], _ sheet: Sheet) -> ImportPreview {
        let found = problems.map { problem -> SheetRemark in
            let row = self.rows.indices.contains(problem.index) ? self.rows[problem.index].number : nil
            let heading = problem.column.flatMap { name in sheet.headings.first { $0.column.name == name } }
            return SheetRemark(
                .error,
                problem.code.rawValue,
                row: row,
                place: heading?.place,
                heading: heading?.text,
                problem.message
            )
        }
        return ImportPreview(
            table: self.table,
            revision: self.revision,
            rowCount: self.rowCount,
            unchangedCount: self.unchangedCount,
            rows: self.rows,
            remarks: (self.remarks + found).inOrder,
            edits: self.edits
        )
    }
}
