import HTTP
import HTTPTypes
import Hummingbird
import JSON
import Registry

/// Which row revision somebody saw before they edited: `If-Match: "12"` (RFC 9110 §13.1.1), or `*` for whatever is there.
enum RowPrecondition {
    /// The field, for the reference.
    static let parameter = Operation.Parameter.header(
        "If-Match",
        .string,
        "The row_revision that was seen, as in \"12\": the row's ETag. * overwrites knowingly whatever is there now.",
        isRequired: true
    )

    /// What names a row's present state.
    static func entityTag(_ row: JSONObject) -> String? { row["row_revision"]?.int64Value.map { "\"\($0)\"" } }

    /// Reads the field.
    ///
    /// - Parameter request: The request.
    /// - Returns: The row revision; nil for `*`.
    /// - Throws: 428 without the field, 400 for one that is no row revision.
    static func seen(_ request: Request) throws(APIError) -> Int64? {
        guard let field = request.headers[.ifMatch] else {
            throw APIError(
                .preconditionRequired,
                code: "precondition_required",
                "Say which row you saw: send its ETag as If-Match, as in If-Match: \"12\". "
                    + "Then nobody's change is overwritten unseen. If-Match: * overwrites whatever is there.",
                param: "If-Match"
            )
        }
        let tag = field.filter { !$0.isWhitespace }
        if tag == "*" { return nil }
        guard tag.hasPrefix("\""), tag.hasSuffix("\""), tag.count > 2,
            let revision = Int64(tag.dropFirst().dropLast()), revision > 0
        else {
            throw APIError(
                .badRequest,
                code: "invalid_value",
                "If-Match must be the row_revision that you saw in quotes, as in \"12\", or *.",
                param: "If-Match"
            )
        }
        return revision
    }
}
