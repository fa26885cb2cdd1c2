import Crypto
package import JSON
package import Registry

/// What taking a `models.yaml` into a registry would change, or has changed: asked of the database, every rule included.
package struct ModelsFilePreview: Sendable {
    /// A row that would be made or changed.
    package struct Row: Sendable, Hashable {
        /// Where the file asks for it.
        package let place: YAMLPlace?
        package let table: RegistryTable
        /// What people call it.
        package let name: String
        package let isNew: Bool
        package let changes: [EditedRow.CellChange]
    }

    /// The registry's revision with which the file was compared.
    package let baseRevision: Int64
    /// In the order of the file.
    package let rows: [Row]
    /// What a person should know, in the order of the file.
    package let notes: [ModelsFileError.Problem]
    /// The revision that it made; nil for a preview, and where there was nothing to change.
    package let revision: Int64?

    /// Names what a person has seen: the same rows, columns and values give the same digest.
    package var digest: String {
        let body = JSONValue.array(self.rows.map(\.json)).serialized(.canonical)
        return SHA256.hash(data: body).map { byte in
            String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }.joined()
    }

    /// For programs.
    package var json: JSONObject {
        [
            "base_revision": JSONValue(self.baseRevision),
            "preview": .string(self.digest),
            "counts": [
                "created": JSONValue(self.rows.count(where: \.isNew)),
                "updated": JSONValue(self.rows.count { !$0.isNew }),
                "notes": JSONValue(self.notes.count),
            ],
            "rows": .array(self.rows.map(\.json)),
            "notes": .array(
                self.notes.map {
                    [
                        "line": JSONValue($0.place?.line), "column": JSONValue($0.place?.column),
                        "message": .string($0.message),
                    ]
                }
            ),
            "revision": JSONValue(self.revision),
        ]
    }

    /// Imports a file, or says what importing it would change.
    ///
    /// - Parameters:
    ///   - file: The file.
    ///   - store: The registry.
    ///   - author: Who edits.
    ///   - applies: Whether to do it.
    ///   - seen: With `applies`: the beginning of the ``digest`` that the person has seen; nil for whatever it would do now.
    /// - Returns: What changes, or has changed; nothing was changed if its digest is not the one that was seen.
    /// - Throws: ``ModelsFileError`` with everything that is wrong, also what the database refuses; `PostgresError`.
    package static func run(
        _ file: ModelsFile,
        into store: RegistryStore,
        as author: Authorship,
        applies: Bool,
        seen: String? = nil
    ) async throws -> ModelsFilePreview {
        let contents = try await store.contents(of: [.providers, .models, .routes])
        let wanted = try file.importing(into: contents)
        let preview = try await self.run(wanted, contents, store, author, isDryRun: true)
        guard applies, seen.map({ preview.digest.hasPrefix($0) }) ?? true else { return preview }
        return try await self.run(wanted, contents, store, author, isDryRun: false)
    }

    private static func run(
        _ wanted: ModelsFileImport,
        _ contents: RegistryContents,
        _ store: RegistryStore,
        _ author: Authorship,
        isDryRun: Bool
    ) async throws -> ModelsFilePreview {
        do {
            let outcome =
                wanted.edits.isEmpty ? nil : try await store.edit(wanted.edits, as: author, isDryRun: isDryRun)
            let rows = zip(wanted.edits, outcome?.rows ?? []).enumerated().map { index, edited in
                let (edit, row) = edited
                return Row(
                    place: wanted.places[index],
                    table: edit.table,
                    name: row.row.map { RowName.of($0, in: edit.table) } ?? "",
                    isNew: edit.id == nil,
                    // Numbers and times of rows that were only tried mean nothing.
                    changes: row.changes.filter { change in
                        let access = edit.table.column(change.column)?.access
                        return !change.new.isNull && access != .readOnly || change.column == "pinned" || edit.id != nil
                    }
                )
            }
            return ModelsFilePreview(
                baseRevision: contents.revision,
                rows: rows,
                notes: wanted.notes,
                revision: outcome?.revision
            )
        } catch let refused as EditRefused {
            throw ModelsFileError(
                refused.problems.map { problem in
                    let place = wanted.places.indices.contains(problem.index) ? wanted.places[problem.index] : nil
                    return ModelsFileError.Problem(place, problem.message)
                }
            )
        }
    }
}

extension ModelsFilePreview.Row {
    fileprivate var json: JSONValue {
        [
            "line": JSONValue(self.place?.line),
            "table": .string(self.table.name),
            "name": .string(self.name),
            "action": .string(self.isNew ? "create" : "update"),
            "cells": .array(
                self.changes.map { ["column": .string($0.column), "old": $0.old, "new": $0.new] }
            ),
        ]
    }
}
