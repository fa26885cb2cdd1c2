import JSON
import Registry

extension SheetComparison {
    /// What would be done, once conflicts are settled.
    ///
    /// - Parameter revision: The registry's revision with which the file was compared.
    /// - Returns: The preview, before the database has had its say.
    mutating func preview(at revision: Int64) -> ImportPreview {
        let wrong = Set(self.remarks.filter { $0.kind == .error }.compactMap(\.row))
        var rows: [ImportPreview.Row] = []
        var edits: [RowEdit] = []
        for match in self.matches where match.current == nil || !match.cells.isEmpty {
            for cell in match.cells { self.warn(about: cell, in: match) }
            // A new row with something wrong in it would lack that cell.
            guard match.current != nil || !wrong.contains(match.row.number) else { continue }
            rows.append(
                ImportPreview.Row(
                    number: match.row.number,
                    id: match.id,
                    name: self.name(of: match),
                    cells: match.cells
                )
            )
            edits.append(
                RowEdit(
                    match.id.map { .update(id: $0) } ?? .create,
                    of: self.sheet.table,
                    seen: match.rowRevision,
                    set: JSONObject(match.cells.map { ($0.column.name, $0.new) })
                )
            )
        }
        let busy = wrong.union(rows.map(\.number))
        return ImportPreview(
            table: self.sheet.table,
            revision: revision,
            rowCount: self.sheet.rows.count,
            unchangedCount: self.sheet.rows.count { !busy.contains($0.number) },
            rows: rows,
            remarks: self.remarks.inOrder,
            edits: edits
        )
    }

    private func name(of match: Match) -> String {
        self.sheet.table.identity.map { name in
            let cell = match.cells.first { $0.column.name == name }
            return (match.current?[name] ?? cell?.new)?.stringValue ?? "?"
        }.joined(separator: "/")
    }

    /// A price that is a thousand times what it was is in the wrong unit more often than not.
    private mutating func warn(about cell: ImportPreview.Cell, in match: Match) {
        guard match.current != nil, [.usdPerToken, .usdPerImage, .usdPerRequest].contains(cell.column.unit),
            let (old, new) = Self.decimals(cell.old, cell.new), !old.isZero, !old.isBelowZero, !new.isBelowZero,
            let heading = self.sheet.headings.first(where: { $0.place == cell.place })
        else { return }
        let texts = (self.format.text(cell.old, of: cell.column), self.format.text(cell.new, of: cell.column))
        if new.isZero {
            self.remark(
                .warning,
                "price_free",
                match.row,
                heading,
                "The price falls from \(texts.0) to 0: free. "
                    + "If it is unknown, leave the cell empty."
            )
        } else if new >= old.shifted(by: 3) || old >= new.shifted(by: 3) {
            self.remark(
                .warning,
                "price_unit",
                match.row,
                heading,
                "The price \(new > old ? "rises" : "falls") from \(texts.0) to \(texts.1) "
                    + "(\(cell.column.unit?.shown ?? "")), by a factor of a thousand or more. Is it in the right unit?"
            )
        }
    }
}

extension [SheetRemark] {
    /// Errors first, then warnings, then notes; within each as they stand in the file.
    var inOrder: [SheetRemark] {
        SheetRemark.Kind.allCases.flatMap { kind in
            self.filter { $0.kind == kind }.sorted { left, right in
                (left.row ?? 0, left.place ?? -1) < (right.row ?? 0, right.place ?? -1)
            }
        }
    }
}
