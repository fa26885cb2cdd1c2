import FoundationEssentials
import JSON
import Registry

extension SheetComparison {
    /// Rows that were changed after the file was written and differ from it, with the row revisions that the file has.
    var staleRows: [Int64: Int64] {
        var seen: [Int64: Int64] = [:]
        for match in self.matches where match.isStale && !match.cells.isEmpty {
            if let id = match.id, let revision = match.seen { seen[id] = revision }
        }
        return seen
    }

    /// Tells a person's changes from those that others made in the meantime.
    ///
    /// A cell that still says what it said when the file was written was not changed by the person: what others made of it
    /// stays. A cell that only the person changed is theirs. A cell that both changed is a conflict.
    ///
    /// - Parameter changes: What history has about ``staleRows``.
    mutating func settle(_ changes: [Int64: [EditConflict.Change]]) {
        for (index, match) in self.matches.enumerated() where match.isStale && !match.cells.isEmpty {
            let later = match.id.flatMap { changes[$0] } ?? []
            var kept: [ImportPreview.Cell] = []
            for cell in match.cells {
                guard let heading = self.sheet.headings.first(where: { $0.place == cell.place }) else { continue }
                let change = later.first { $0.cells[cell.column.name] != nil }
                guard let change, let base = change.cells[cell.column.name]?[0] else {
                    // A route's members have a history of their own, and history may have been thinned out.
                    if later.isEmpty || cell.column.type == .routeMembers {
                        self.refuse("conflict", match.row, heading, self.unknownConflict(match))
                    } else {
                        kept.append(cell)
                    }
                    continue
                }
                guard !self.stands(match.row.cells[cell.place], for: base, in: heading), cell.new != base,
                    !cell.column.means(cell.new, the: base)
                else { continue }
                let last = later.last { $0.cells[cell.column.name] != nil } ?? change
                self.refuse("conflict", match.row, heading, self.conflict(cell, in: match, base: base, last))
            }
            self.replaceCells(of: index, by: kept)
        }
    }

    private func conflict(
        _ cell: ImportPreview.Cell,
        in match: Match,
        base: JSONValue,
        _ change: EditConflict.Change
    ) -> String {
        let text = { (value: JSONValue) in Self.quoted(self.format.text(value, of: cell.column)) }
        return "\(change.actor) changed it from \(text(base)) to \(text(cell.old)) at \(change.at.formatted(.iso8601)) "
            + "(revision \(change.revision)\(change.reason.map { ", “\($0.prefix(80))”" } ?? "")), after this file was "
            + "written, and the file has \(text(cell.new)). To keep theirs, write \(text(cell.old)) here; to keep yours, "
            + "set the row revision to \(match.rowRevision ?? 0)."
    }

    private func unknownConflict(_ match: Match) -> String {
        "The row was changed after this file was written (it is at row revision \(match.rowRevision ?? 0) and the file has "
            + "\(match.seen ?? 0)), and history does not tell whether this cell was. Export again and repeat the change."
    }
}
