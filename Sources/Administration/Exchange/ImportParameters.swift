import Exchange
import HTTP
import Hummingbird
import Registry

/// What a request says about the file that it brings.
struct ImportParameters {
    let table: RegistryTable
    let separator: CSVDialect.Separator?
    let decimalMark: CSVDialect.DecimalMark?
    /// The preview that shall be done; nil where only one is wanted.
    let seen: String?

    /// - Parameter request: The request.
    /// - Throws: 400 for what is missing, unknown or does not go together.
    init(_ request: Request) throws(APIError) {
        let known = ["format", "table", "apply", "preview", "separator", "decimal"]
        for (name, _) in try request.queryPairs() where !known.contains(name) {
            // A mistyped “apply” must not look like a preview that was wanted.
            throw APIError(
                .badRequest,
                code: "unknown_parameter",
                "There is no parameter “\(name.prefix(80))” here. There are \(known.joined(separator: ", ")).",
                param: String(name.prefix(80))
            )
        }
        if let format = request.uri.queryParameters["format"], format != "csv" {
            throw APIError(.badRequest, code: "invalid_value", "“format” must be csv.", param: "format")
        }
        guard let table = request.uri.queryParameters["table"].flatMap({ RegistryTable.named(String($0)) }) else {
            throw APIError(
                .badRequest,
                code: "invalid_value",
                "“table” must say whose rows the file has: \(RegistryTable.all.map(\.name).joined(separator: ", ")).",
                param: "table"
            )
        }
        self.table = table
        self.separator = try request.separator()
        self.decimalMark = try request.decimalMark()
        let applies = try request.flag("apply")
        let preview = request.uri.queryParameters["preview"].map { String($0) }
        guard applies else {
            guard preview == nil else {
                throw APIError(.badRequest, code: "invalid_value", "“preview” goes with apply=true.", param: "preview")
            }
            self.seen = nil
            return
        }
        guard let preview, (8...64).contains(preview.count) else {
            throw APIError(
                .badRequest,
                code: "invalid_value",
                "With apply=true goes the name of the preview that was seen: ask without apply first, and send the member "
                    + "“preview” of the answer.",
                param: "preview"
            )
        }
        self.seen = preview
    }
}

extension Request {
    /// What separates the cells of a file.
    func separator() throws(APIError) -> CSVDialect.Separator? {
        guard let text = self.uri.queryParameters["separator"] else { return nil }
        guard let separator = CSVDialect.Separator(text.lowercased()) else {
            throw APIError(
                .badRequest,
                code: "invalid_value",
                "“separator” must be \(CSVDialect.Separator.allCases.map(\.word).joined(separator: ", ")).",
                param: "separator"
            )
        }
        return separator
    }

    /// What begins the decimals of a file's numbers.
    func decimalMark() throws(APIError) -> CSVDialect.DecimalMark? {
        guard let text = self.uri.queryParameters["decimal"] else { return nil }
        guard let mark = CSVDialect.DecimalMark(text.lowercased()) else {
            throw APIError(.badRequest, code: "invalid_value", "“decimal” must be point or comma.", param: "decimal")
        }
        return mark
    }
}
