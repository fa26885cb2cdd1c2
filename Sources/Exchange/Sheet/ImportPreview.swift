import Crypto
import FoundationEssentials
package import JSON
package import Registry

/// What an import would do: every cell that changes, everything that is wrong, and the edits that would be made.
package struct ImportPreview: Sendable {
    /// A cell that would change.
    package struct Cell: Sendable, Hashable {
        package let column: Column
        /// The column of the file, counted from 0.
        package let place: Int
        /// What is there now; null for a row that is to be made.
        package let old: JSONValue
        /// What would be there, in the unit that is stored.
        package let new: JSONValue
    }

    /// A row that would be changed or made.
    package struct Row: Sendable, Hashable {
        /// The row of the file, counted from 1, which is the header.
        package let number: Int
        /// The row of the registry; nil for one that is to be made.
        package let id: Int64?
        /// What a person calls it: `openai/gpt-4o`.
        package let name: String
        package let cells: [Cell]
    }

    package let table: RegistryTable
    /// The registry's revision with which the file was compared.
    package let revision: Int64
    /// Rows of the file, without its header and blank ones.
    package let rowCount: Int
    /// Those of them that are as they are in the registry.
    package let unchangedCount: Int
    /// In the order of the file.
    package let rows: [Row]
    /// In the order of the file, errors first.
    package let remarks: [SheetRemark]
    /// What an import does; the same order as ``rows``.
    package let edits: [RowEdit]

    package var errors: [SheetRemark] { self.remarks.filter { $0.kind == .error } }
    package var warnings: [SheetRemark] { self.remarks.filter { $0.kind == .warning } }
    package var notes: [SheetRemark] { self.remarks.filter { $0.kind == .note } }

    package var createdCount: Int { self.rows.count { $0.id == nil } }
    package var updatedCount: Int { self.rows.count { $0.id != nil } }
    package var cellCount: Int { self.rows.reduce(0) { $0 + $1.cells.count } }

    /// Names exactly what a person has seen: two previews that would change the same cells from the same values to the same
    /// values have the same digest, whatever else has moved in between.
    package var digest: String {
        var hash = SHA256()
        func add(_ text: String) {
            // Each text with its length, so that no two lists of texts look alike.
            hash.update(data: Array("\(text.utf8.count):".utf8))
            hash.update(data: Array(text.utf8))
        }
        add(self.table.name)
        for row in self.rows {
            add(row.id.map(String.init) ?? "new")
            for cell in row.cells.sorted(by: { $0.column.name < $1.column.name }) {
                add(cell.column.name)
                add(cell.old.serializedString())
                add(cell.new.serializedString())
            }
        }
        return hash.finalize().map { byte in
            let digits = String(byte, radix: 16)
            return byte < 16 ? "0" + digits : digits
        }.joined()
    }
}

extension ImportPreview {
    /// The most rows and remarks of each kind that are given out for programs; the counts are always whole.
    package static let mostListed = 5_000

    /// For programs: values in the unit that is stored, and texts as people read them.
    package var json: JSONObject {
        let format = CellFormat(self.table)
        let rows = self.rows.prefix(Self.mostListed).map { row -> JSONValue in
            [
                "row": JSONValue(row.number), "id": JSONValue(row.id), "name": .string(row.name),
                "action": .string(row.id == nil ? "create" : "update"),
                "cells": .array(
                    row.cells.map { cell in
                        [
                            "column": .string(cell.column.name), "letter": .string(CSVColumn.letters(cell.place)),
                            "heading": .string(cell.column.heading), "old": cell.old, "new": cell.new,
                            "old_text": .string(format.text(cell.old, of: cell.column)),
                            "new_text": .string(format.text(cell.new, of: cell.column)),
                        ]
                    }
                ),
            ]
        }
        func list(_ remarks: [SheetRemark]) -> JSONValue { .array(remarks.prefix(Self.mostListed).map(\.json)) }
        return [
            "table": .string(self.table.name),
            "base_revision": JSONValue(self.revision),
            "preview": .string(self.digest),
            "counts": [
                "rows": JSONValue(self.rowCount), "created": JSONValue(self.createdCount),
                "updated": JSONValue(self.updatedCount), "unchanged": JSONValue(self.unchangedCount),
                "cells": JSONValue(self.cellCount), "errors": JSONValue(self.errors.count),
                "warnings": JSONValue(self.warnings.count), "notes": JSONValue(self.notes.count),
            ],
            "is_cut": .bool(
                self.rows.count > Self.mostListed || self.errors.count > Self.mostListed
                    || self.warnings.count > Self.mostListed || self.notes.count > Self.mostListed
            ),
            "rows": .array(rows),
            "errors": list(self.errors),
            "warnings": list(self.warnings),
            "notes": list(self.notes),
        ]
    }
}
