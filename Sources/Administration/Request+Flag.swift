import HTTP
import HTTPTypes
import Hummingbird

extension Request {
    /// A parameter of the query that is true or false.
    ///
    /// - Parameter name: The parameter.
    /// - Returns: Its value; false if it is not there, true if it is there without a value.
    /// - Throws: 400 for anything else, because a mistyped `dry_run` must not write.
    func flag(_ name: String) throws(APIError) -> Bool {
        guard let text = self.uri.queryParameters[name[...]] else { return false }
        switch text.lowercased() {
        case "true", "1", "yes", "": return true
        case "false", "0", "no": return false
        default:
            throw APIError(
                .badRequest,
                code: "invalid_value",
                "“\(name)” must be true or false, and it is “\(text.prefix(40))”.",
                param: name
            )
        }
    }
}
