import JSON
import Registry

/// Compares a file with the registry, cell by cell: what a person has changed in it, and what is wrong with that.
///
/// A plain value, used by one task. A cell that stands as an export would write it is unchanged, whatever it looks like; so
/// an export that nobody touched changes nothing.
struct SheetComparison {
    /// A row of the file and the row of the registry that it is about.
    struct Match {
        let row: Sheet.Row
        /// Nil for a row that is to be made.
        let current: JSONObject?
        /// What the file says was its row revision.
        var seen: Int64?
        /// Cells that differ from what is there now and are somebody's to change.
        var cells: [ImportPreview.Cell] = []

        var id: Int64? { self.current?["id"]?.int64Value }
        var rowRevision: Int64? { self.current?["row_revision"]?.int64Value }
        /// Whether the row was changed after the file was written.
        var isStale: Bool { self.seen.map { $0 != self.rowRevision } ?? false }
    }

    let sheet: Sheet
    let format: CellFormat
    private(set) var matches: [Match] = []
    private(set) var remarks: [SheetRemark]

    private var byID: [Int64: JSONObject] = [:]
    private var byIdentity: [[String]: JSONObject] = [:]
    private var metIDs: [Int64: Int] = [:]
    private var metIdentities: [[String]: Int] = [:]

    /// - Parameters:
    ///   - sheet: The file.
    ///   - content: What the registry has.
    init(_ sheet: Sheet, with content: TableContent) {
        self.sheet = sheet
        self.format = CellFormat(sheet.table, decimalMark: sheet.dialect.decimalMark)
        self.remarks = sheet.problems
        for row in content.rows {
            if let id = row["id"]?.int64Value { self.byID[id] = row }
            if let identity = Self.identity(of: row, in: sheet.table) { self.byIdentity[identity] = row }
        }
    }

    /// Compares all rows; none where the header itself is wrong.
    mutating func compare() async throws {
        guard !self.sheet.headings.isEmpty, !self.sheet.problems.contains(where: \.isAboutHeader) else { return }
        for (index, row) in self.sheet.rows.enumerated() {
            if index.isMultiple(of: 250) {
                try Task.checkCancellation()
                await Task.yield()
            }
            guard var match = self.match(row) else { continue }
            self.compare(&match)
            self.matches.append(match)
        }
    }

    // MARK: Which row

    private static func identity(of row: JSONObject, in table: RegistryTable) -> [String]? {
        let values = table.identity.compactMap { row[$0]?.stringValue }
        return values.count == table.identity.count ? values : nil
    }

    private func cell(_ name: String, of row: Sheet.Row) -> (text: String, heading: Sheet.Heading)? {
        guard let heading = self.sheet.headings.first(where: { $0.column.name == name }),
            heading.place < row.cells.count
        else { return nil }
        let text = row.cells[heading.place]
        return text.trimmed.isEmpty ? nil : (text, heading)
    }

    private mutating func match(_ row: Sheet.Row) -> Match? {
        let table = self.sheet.table
        var current: JSONObject?
        if let (text, heading) = self.cell("id", of: row) {
            guard let id = self.number(text, row, heading) else { return nil }
            guard let found = self.byID[id] else {
                self.refuse(
                    "not_found",
                    row,
                    heading,
                    "There is no \(table.noun) with the number \(id); it may have been deleted. "
                        + "To make it anew, empty this cell and the row revision."
                )
                return nil
            }
            if let first = self.metIDs.updateValue(row.number, forKey: id) {
                self.refuse(
                    "duplicate",
                    row,
                    heading,
                    "Row \(first) is about the same \(table.noun). Keep one of them."
                )
                return nil
            }
            current = found
        } else {
            let identity = table.identity.compactMap { name in
                self.cell(name, of: row).map { FormulaGuard.read($0.text).trimmed }
            }
            guard identity.count == table.identity.count else {
                self.refuse(
                    "required",
                    row,
                    nil,
                    "The row names no \(table.noun): fill in Id, or \(Sheet.identity(of: table)) for a new one."
                )
                return nil
            }
            current = self.byIdentity[identity]
            let first =
                current?["id"]?.int64Value.map { self.metIDs.updateValue(row.number, forKey: $0) }
                ?? self.metIdentities.updateValue(row.number, forKey: identity)
            if let first {
                self.refuse("duplicate", row, nil, "Row \(first) is about the same \(table.noun). Keep one of them.")
                return nil
            }
        }
        var match = Match(row: row, current: current)
        if let (text, heading) = self.cell("row_revision", of: row) {
            guard let seen = self.number(text, row, heading) else { return nil }
            guard let rowRevision = match.rowRevision else {
                self.refuse(
                    "not_found",
                    row,
                    heading,
                    "There is no such \(table.noun), and the row says that there was. It may have been deleted or renamed; "
                        + "to make it anew, empty this cell."
                )
                return nil
            }
            guard seen <= rowRevision else {
                self.refuse(
                    "conflict",
                    row,
                    heading,
                    "The \(table.noun) is at row revision \(rowRevision) and has never been at \(seen): "
                        + "the file is not from this registry, or the cell was changed."
                )
                return nil
            }
            match.seen = seen
        }
        return match
    }

    private mutating func number(_ text: String, _ row: Sheet.Row, _ heading: Sheet.Heading) -> Int64? {
        do throws(CellRefusal) {
            let value = try self.format.value(text, of: heading.column)
            return value.int64ReadingStrings()
        } catch {
            self.refuse("invalid_value", row, heading, error.message)
            return nil
        }
    }

    // MARK: Which cells

    private mutating func compare(_ match: inout Match) {
        let row = match.row
        if match.current != nil, let last = self.sheet.headings.last, last.place >= row.cells.count {
            return self.refuse(
                "ragged_row",
                row,
                nil,
                "The row has \(row.cells.count) cells and the header \(last.place + 1). Empty cells are unknown values, and "
                    + "missing ones may be an accident: give the row its separators back."
            )
        }
        for heading in self.sheet.headings where heading.place < row.cells.count {
            guard !["id", "row_revision"].contains(heading.column.name) else { continue }
            let text = row.cells[heading.place]
            guard let current = match.current else {
                self.take(text, heading, into: &match)
                continue
            }
            let old = current[heading.column.name] ?? .null
            guard !self.stands(text, for: old, in: heading) else { continue }
            switch heading.column.access {
            case .editable: self.take(text, heading, old: old, into: &match)
            case .onCreate, .readOnly: self.refuse(text, heading, old: old, match)
            }
        }
    }

    /// Whether a cell is what an export would have written for a value, or what a spreadsheet makes of that.
    func stands(_ text: String, for value: JSONValue, in heading: Sheet.Heading) -> Bool {
        let column = heading.column
        let own = self.format.text(value, of: column, in: heading.scale)
        guard text != own else { return true }
        guard !column.isNumeric else { return false }
        let plain = FormulaGuard.read(text)
        return plain == own
            || (text.utf8.contains(UInt8(ascii: "\n")) || own.utf8.contains(UInt8(ascii: "\r")))
                && plain.withPlainLineEnds == own.withPlainLineEnds
    }

    private mutating func take(_ text: String, _ heading: Sheet.Heading, into match: inout Match) {
        guard heading.column.access != .readOnly else {
            guard !text.trimmed.isEmpty else { return }
            return self.note(
                "read_only",
                match.row,
                heading,
                "Kept by Roster; what stands here is left out of the new row."
            )
        }
        guard !text.trimmed.isEmpty else { return }
        self.take(text, heading, old: .null, into: &match)
    }

    private mutating func take(_ text: String, _ heading: Sheet.Heading, old: JSONValue, into match: inout Match) {
        let column = heading.column
        let new: JSONValue
        do throws(CellRefusal) {
            new = try self.format.value(text, of: column, in: heading.scale)
        } catch {
            return self.refuse("invalid_value", match.row, heading, error.message)
        }
        guard new != old, !column.means(new, the: old) else { return }
        if column.type == .decimal, let (before, after) = Self.decimals(old, new) {
            guard before != after else { return }
            switch SpreadsheetDamage.loss(text, new: after, old: before) {
            case .none:
                break
            case .beyondFifteenDigits:
                return self.note(
                    "digits_lost",
                    match.row,
                    heading,
                    "Spreadsheets keep 15 digits of a number and the registry has more: left as it is, "
                        + "\(self.format.text(old, of: column, in: heading.scale))."
                )
            case .shortened:
                return self.refuse(
                    "digits_lost",
                    match.row,
                    heading,
                    "A spreadsheet has shortened \(self.format.text(old, of: column, in: heading.scale)) to "
                        + "“\(text.trimmed.prefix(40))”. Give the column the format of a number with enough decimals and put "
                        + "the value back, or remove the column from the file."
                )
            }
        }
        match.cells.append(ImportPreview.Cell(column: column, place: heading.place, old: old, new: new))
    }

    static func decimals(_ old: JSONValue, _ new: JSONValue) -> (ExactDecimal, ExactDecimal)? {
        guard let old = old.stringValue ?? old.numberValue?.spelling, let new = new.stringValue,
            let before = try? ExactDecimal(old), let after = try? ExactDecimal(new)
        else { return nil }
        return (before, after)
    }

    private mutating func refuse(_ text: String, _ heading: Sheet.Heading, old: JSONValue, _ match: Match) {
        let column = heading.column
        let was = self.format.text(old, of: column)
        // What moves by itself, or was moved by others since the export, is not this person's doing.
        let isCertain = column.access == .onCreate || (match.seen != nil && !match.isStale && !column.movesByItself)
        guard isCertain else {
            return self.note("read_only", match.row, heading, "Kept by Roster, now \(Self.quoted(was)); left as it is.")
        }
        self.refuse(
            "read_only",
            match.row,
            heading,
            column.access == .onCreate
                ? "\(column.title) says which \(self.sheet.table.noun) it is and cannot be changed. Put \(Self.quoted(was)) back, "
                    + "or empty Id and Row revision to make another."
                : "\(column.title) is kept by Roster and cannot be changed here. Put \(Self.quoted(was)) back, or remove the "
                    + "column from the file."
        )
    }

    static func quoted(_ text: String) -> String {
        guard !text.isEmpty else { return "an empty cell" }
        return text.count > 80 ? "“\(text.prefix(80))…”" : "“\(text)”"
    }

    // MARK: Remarks

    mutating func refuse(_ code: String, _ row: Sheet.Row, _ heading: Sheet.Heading?, _ message: String) {
        self.remark(.error, code, row, heading, message)
    }

    mutating func note(_ code: String, _ row: Sheet.Row, _ heading: Sheet.Heading?, _ message: String) {
        self.remark(.note, code, row, heading, message)
    }

    mutating func remark(
        _ kind: SheetRemark.Kind,
        _ code: String,
        _ row: Sheet.Row,
        _ heading: Sheet.Heading?,
        _ message: String
    ) {
        self.remarks.append(
            SheetRemark(kind, code, row: row.number, place: heading?.place, heading: heading?.text, message)
        )
    }

    /// Rewrites what is to be changed, when history has said what others did.
    mutating func replaceCells(of index: Int, by cells: [ImportPreview.Cell]) {
        self.matches[index].cells = cells
    }
}

extension SheetRemark {
    /// Whether no row can be read because of it.
    var isAboutHeader: Bool {
        ["unknown_column", "duplicate_column", "missing_column"].contains(self.code) || self.code.hasPrefix("csv_")
    }
}

extension Column {
    /// Whether two values of this column mean the same, spelled differently: `01:00:00` and `1 hour`.
    func means(_ new: JSONValue, the old: JSONValue) -> Bool {
        switch self.type {
        case .interval:
            guard let new = new.stringValue.flatMap(IntervalText.seconds) else { return false }
            return old.stringValue.flatMap(IntervalText.seconds) == new
        case .text, .longText:
            // An empty cell is how both unknown and a text without characters are written.
            return new.isNull && old == ""
        case .integer, .decimal, .boolean, .date, .moment, .choice, .list, .json, .routeMembers:
            return (try? self.read(old)) == new
        }
    }
}

extension String {
    /// With LF for every end of a line, as spreadsheets write them within cells.
    fileprivate var withPlainLineEnds: String {
        self.replacing("\r\n", with: "\n").replacing("\r", with: "\n")
    }
}
