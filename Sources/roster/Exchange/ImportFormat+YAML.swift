import ArgumentParser
import Exchange
import JSON
import Registry

extension ImportFormat {
    /// A `models.yaml`: entries that the registry lacks become models, lists become routes.
    static let yaml = ImportFormat(name: "yaml", endings: ["yaml", "yml"]) { request, store in
        let preview: ModelsFilePreview
        do {
            preview = try await ModelsFilePreview.run(
                try ModelsFile(parsing: request.bytes),
                into: store,
                as: request.author,
                applies: request.applies,
                seen: request.preview
            )
        } catch let error as YAMLError {
            throw CommandFailure("\(request.name): \(error).")
        } catch let error as ModelsFileError {
            let lines = error.problems.map { "\(request.name): \($0)." }
            throw CommandFailure(lines.joined(separator: "\n"))
        }
        let isStale = request.applies && request.preview.map { !preview.digest.hasPrefix($0) } ?? false
        let code: ExitCode = isStale ? .stale : preview.rows.isEmpty || request.applies ? .success : .changes
        if request.isJSON {
            var json = preview.json
            json["applied"] = .bool(preview.revision != nil)
            Terminal.say(.object(json))
        } else {
            Self.tell(preview, request, isStale: isStale)
        }
        return code
    }

    private static func tell(_ preview: ModelsFilePreview, _ request: ImportRequest, isStale: Bool) {
        let shown = request.isWhole ? preview.rows.count : 40
        for row in preview.rows.prefix(shown) {
            let cells = row.changes.filter { $0.column != "pinned" && $0.column != "row_revision" }
                .map { "\($0.column) \(Self.text($0.old)) → \(Self.text($0.new))" }
            let line = row.place.map { "line \($0.line): " } ?? ""
            Terminal.say(
                TextTable.printable(
                    "\(row.isNew ? "+" : "~") \(line)\(row.table.noun) \(row.name)"
                        + (row.isNew ? "" : ": \(cells.joined(separator: ", "))")
                )
            )
        }
        if preview.rows.count > shown { Terminal.say("… and \(preview.rows.count - shown) more (--all shows them)") }
        for note in preview.notes { Terminal.note("Note: \(TextTable.printable("\(note)")).") }
        if isStale {
            Terminal.complain(
                "the registry or the file has moved, and this is no longer what was previewed: nothing was changed. "
                    + "Look at it again."
            )
        } else if let revision = preview.revision {
            Terminal.note("Done: revision \(revision).")
        } else if preview.rows.isEmpty {
            Terminal.note("The registry says all that the file does.")
        } else {
            Terminal.note(
                "Nothing is changed yet. To do exactly this: roster import \(request.name) --apply --preview "
                    + "\(preview.digest.prefix(12))"
            )
        }
    }

    private static func text(_ value: JSONValue) -> String {
        let text = value.stringValue ?? value.serializedString()
        return text.count > 60 ? "\(text.prefix(60))…" : text
    }
}
