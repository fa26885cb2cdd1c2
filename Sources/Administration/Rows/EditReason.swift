import HTTP
import HTTPTypes
import Hummingbird

/// Why somebody makes a change: a member of the body, or the field `X-Roster-Reason` where there is none.
enum EditReason {
    /// The longest reason, in characters.
    static let longest = 500

    /// The field, for the reference.
    static let parameter = Operation.Parameter.header(
        "X-Roster-Reason",
        .string(atMost: Self.longest),
        "Why, in percent-encoding; history shows it."
    )

    /// Reads the reason.
    ///
    /// - Parameters:
    ///   - written: What the body says.
    ///   - request: The request.
    /// - Returns: The reason; nil if there is none, or an empty one.
    /// - Throws: 400 for a field that is too long or not in percent-encoding.
    static func of(_ written: String?, _ request: Request) throws(APIError) -> String? {
        if let written { return written.isEmpty ? nil : written }
        guard let field = request.headers[.xRosterReason] else { return nil }
        guard let reason = field.percentDecoded, reason.count <= Self.longest, !reason.utf8.contains(0) else {
            throw APIError(
                .badRequest,
                code: "invalid_value",
                "The field X-Roster-Reason must be a text of at most \(Self.longest) characters in percent-encoding.",
                param: "X-Roster-Reason"
            )
        }
        return reason.isEmpty ? nil : reason
    }
}
