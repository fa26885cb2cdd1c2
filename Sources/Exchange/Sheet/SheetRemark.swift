package import JSON

/// Something that a person should know about a row or a cell of their file.
package struct SheetRemark: Error, Sendable, Hashable {
    /// What it means for the import.
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        /// Nothing is imported while it stands.
        case error
        /// It is imported if the person still wants it: it is probably a mistake.
        case warning
        /// It makes no difference.
        case note
    }

    package let kind: Kind
    /// What a program can tell remarks apart by: `conflict`, `invalid_value`, `unknown_column`.
    package let code: String
    /// The row of the file, counted from 1, which is the header; nil where the whole file is meant.
    package let row: Int?
    /// The column of the file, counted from 0; nil where the whole row is meant.
    package let place: Int?
    /// What stands at the head of that column.
    package let heading: String?
    /// What is wrong or remarkable, and what to do.
    package let message: String

    init(
        _ kind: Kind,
        _ code: String,
        row: Int? = nil,
        place: Int? = nil,
        heading: String? = nil,
        _ message: String
    ) {
        self.kind = kind
        self.code = code
        self.row = row
        self.place = place
        self.heading = heading
        self.message = message
    }

    init(_ error: CSVError) {
        self.init(.error, "csv_\(error.code)", row: error.row, place: error.column, error.message)
    }

    /// Where, as a spreadsheet shows it: `row 17, column F (Input price)`.
    package var location: String {
        let column = self.place.map { place in
            "column \(CSVColumn.letters(place))\(self.heading.map { " (\($0))" } ?? "")"
        }
        return [self.row.map { "row \($0)" }, column].compactMap { $0 }.joined(separator: ", ")
    }

    /// Where and what.
    package var sentence: String { self.location.isEmpty ? self.message : "\(self.location): \(self.message)" }

    /// For programs.
    package var json: JSONValue {
        [
            "code": .string(self.code), "row": JSONValue(self.row),
            "column": JSONValue(self.place.map(CSVColumn.letters)), "heading": JSONValue(self.heading),
            "message": .string(self.message),
        ]
    }
}
