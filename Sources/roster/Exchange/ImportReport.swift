import ArgumentParser
import Exchange
import JSON
import Registry

/// Says on a terminal what an import did or would do, and finds the exit code for it.
struct ImportReport {
    private let request: ImportRequest

    /// How many lines of each kind are shown unless all are asked for.
    private static let lines = 40

    init(_ request: ImportRequest) {
        self.request = request
    }

    /// A preview that nothing was done about.
    func say(previewed preview: ImportPreview) -> ExitCode {
        let code: ExitCode = !preview.errors.isEmpty ? .failure : preview.rows.isEmpty ? .success : .changes
        guard !self.program(preview, ["applied": false]) else { return code }
        self.show(preview)
        if code == .changes {
            Terminal.note(
                "Nothing is changed yet. To do exactly this: roster import \(self.request.name)\(self.options) --apply "
                    + "--preview \(preview.digest.prefix(12))"
            )
        }
        return code
    }

    /// A file with something wrong in it.
    func say(refused preview: ImportPreview) -> ExitCode {
        guard !self.program(preview, ["applied": false]) else { return .failure }
        self.show(preview)
        return .failure
    }

    /// A preview that no longer holds.
    func say(stale preview: ImportPreview) -> ExitCode {
        guard !self.program(preview, ["applied": false, "stale": true]) else { return .stale }
        self.show(preview)
        Terminal.complain(
            "the registry has moved, and this is no longer what was previewed: nothing was changed. Look at it again."
        )
        return .stale
    }

    /// Done.
    func say(applied preview: ImportPreview, revision: Int64?) -> ExitCode {
        guard !self.program(preview, ["applied": .bool(revision != nil), "revision": JSONValue(revision)]) else {
            return .success
        }
        self.show(preview)
        if let revision {
            let isKept = preview.table == .models ? " A refresh leaves the changed cells as they are now." : ""
            Terminal.note("Done: revision \(revision).\(isKept)")
        }
        return .success
    }

    /// The options without which the command would mean something else.
    private var options: String {
        var options = self.request.table == .models ? "" : " --table \(self.request.table.name)"
        if let separator = self.request.separator { options += " --separator \(separator.word)" }
        if let mark = self.request.decimalMark { options += " --decimal \(mark.word)" }
        return options
    }

    /// Whether a program reads the answer; it has it then.
    private func program(_ preview: ImportPreview, _ outcome: JSONObject) -> Bool {
        guard self.request.isJSON else { return false }
        var json = preview.json
        json.merge(outcome)
        Terminal.say(.object(json))
        return true
    }

    // MARK: For people

    private func show(_ preview: ImportPreview) {
        let format = CellFormat(preview.table)
        var table = TextTable([
            ("ROW", .right), (preview.table.noun.uppercased(), .left), ("COLUMN", .left), ("NOW", .right),
            ("BECOMES", .right),
        ])
        let cells = preview.rows.flatMap { row in row.cells.map { (row, $0) } }
        for (row, cell) in cells.prefix(self.limit) {
            table.add([
                String(row.number), Self.cut(row.name, 50) + (row.id == nil ? " (new)" : ""), cell.column.heading,
                row.id == nil ? "" : Self.cell(format.text(cell.old, of: cell.column)),
                Self.cell(format.text(cell.new, of: cell.column)),
            ])
        }
        if !table.isEmpty { Terminal.say(table.text) }
        self.sayRest(cells.count, "cells")
        self.show(preview.notes, "note")
        self.show(preview.warnings, "warning")
        self.show(preview.errors, "error")
        Terminal.note(Self.counts(preview))
    }

    private func show(_ remarks: [SheetRemark], _ word: String) {
        for remark in remarks.prefix(self.limit) {
            let text = "\(word): \(TextTable.printable(remark.sentence))"
            if remark.kind == .error { Terminal.complain(text) } else { Terminal.note(text) }
        }
        self.sayRest(remarks.count, "\(word)s")
    }

    private func sayRest(_ count: Int, _ things: String) {
        guard count > self.limit else { return }
        Terminal.note("… and \(count - self.limit) more \(things); --all shows them.")
    }

    private var limit: Int { self.request.isWhole ? .max : Self.lines }

    private static func counts(_ preview: ImportPreview) -> String {
        guard !preview.rows.isEmpty || !preview.errors.isEmpty else {
            return "Nothing to change: \(preview.unchangedCount) rows are as they are in revision \(preview.revision)."
        }
        func count(_ number: Int, _ thing: String) -> String { "\(number) \(thing)\(number == 1 ? "" : "s")" }
        return "\(count(preview.rowCount, "row")) compared with revision \(preview.revision): "
            + "\(preview.createdCount) new, \(preview.updatedCount) changed, \(preview.unchangedCount) as before; "
            + "\(count(preview.cellCount, "cell")), \(count(preview.errors.count, "error")), "
            + "\(count(preview.warnings.count, "warning"))."
    }

    private static func cell(_ text: String) -> String { text.isEmpty ? "–" : Self.cut(text, 40) }

    private static func cut(_ text: String, _ length: Int) -> String {
        let line = text.split(whereSeparator: \.isNewline).joined(separator: " ⏎ ")
        return line.count > length ? line.prefix(length - 1) + "…" : line
    }
}

extension ExitCode {
    /// There is something to change, and it was not asked for.
    static let changes = ExitCode(3)
    /// What was seen no longer holds.
    static let stale = ExitCode(4)
}
