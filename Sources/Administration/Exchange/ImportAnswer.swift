import Exchange
import HTTP
import HTTPTypes
import JSON

extension APIError {
    /// A file that cannot be imported, with everything that is wrong with it.
    init(refused preview: ImportPreview) {
        let errors = preview.errors
        self.init(
            .unprocessableContent,
            code: errors.count == 1 ? errors[0].code : "invalid_file",
            errors.prefix(5).map(\.sentence).joined(separator: " ")
                + (errors.count > 5 ? " (and \(errors.count - 5) more)" : "")
        )
        self.more["details"] = preview.json["errors"]
        self.more["preview"] = .object(preview.json)
    }

    /// A preview that no longer holds, with what holds now.
    init(stale preview: ImportPreview) {
        self.init(
            .conflict,
            code: "stale_preview",
            "The registry has moved, and the file would no longer do what the preview showed. Nothing was changed: look at "
                + "the new preview, and send its name."
        )
        self.more["details"] = preview.json["errors"]
        self.more["preview"] = .object(preview.json)
    }
}

extension Schema {
    private static let remark = Schema.object([
        "code": .string.described("What a program tells remarks apart by."),
        "row": .integer.nullable.described("The row of the file; its header is 1."),
        "column": .string.nullable.described("The letters of the column, as a spreadsheet shows it."),
        "heading": .string.nullable.described("What stands at the head of that column."),
        "message": .string.described("What is wrong or remarkable, and what to do."),
    ]).named("ImportRemark")

    private static let previewMembers: KeyValuePairs<String, Schema> = [
        "table": .string,
        "base_revision": .count.described("The revision that the file was compared with."),
        "preview": .string.described("Names exactly these changes; send it with apply=true."),
        "counts": .object([
            "rows": .count, "created": .count, "updated": .count, "unchanged": .count, "cells": .count,
            "errors": .count, "warnings": .count, "notes": .count,
        ]),
        "is_cut": .boolean.described(
            "Whether a list has more than \(ImportPreview.mostListed) entries, of which these are the first."
        ),
        "rows": .array(
            of: .object([
                "row": .integer, "id": .integer.nullable, "name": .string, "action": .choice(["create", "update"]),
                "cells": .array(
                    of: .object([
                        "column": .string, "letter": .string, "heading": .string, "old": .any, "new": .any,
                        "old_text": .string.described("As people read it."), "new_text": .string,
                    ])
                ),
            ])
        ),
        "errors": .array(of: .remark),
        "warnings": .array(of: .remark),
        "notes": .array(of: .remark),
    ]

    private static let importPreview = Schema.object(Self.previewMembers).named("ImportPreview")

    /// The answer to an import.
    static let importAnswer = Schema.object(
        Self.previewMembers.map { ($0.key, $0.value) } + [
            ("applied", .boolean.described("Whether anything was changed.")),
            ("revision", .integer.nullable.described("The revision that it made.")),
            ("in_force", .boolean.described("Whether this replica serves it already.")),
        ]
    ).named("Import")

    /// A refusal of an import.
    static let importRefusal = Schema.object([
        "error": .object([
            "message": .string, "type": .string, "code": .string, "param": .string.nullable,
            "details": .array(of: .remark), "preview": .importPreview,
        ])
    ]).named("ImportRefusal")
}
