package import Hummingbird

extension Request {
    /// The longest query string that is looked at, in bytes, and the most parameters in it.
    private static let longestQuery = 16_384
    private static let mostParameters = 200

    /// The parameters of the query in order, repeated ones included, names and values with their percent-encoding read and
    /// `+` as a space (WHATWG URL, application/x-www-form-urlencoded).
    ///
    /// - Returns: Names and values; a parameter without `=` has an empty value.
    /// - Throws: 400 for a broken escape, and for more than anybody needs.
    package func queryPairs() throws(APIError) -> [(name: String, value: String)] {
        guard let query = self.uri.query, !query.isEmpty else { return [] }
        let parts = query.split(separator: "&")
        guard query.utf8.count <= Self.longestQuery, parts.count <= Self.mostParameters else {
            throw APIError(
                .badRequest,
                code: "query_too_long",
                "The query of a URL may have \(Self.longestQuery) bytes and \(Self.mostParameters) parameters here."
            )
        }
        var pairs: [(name: String, value: String)] = []
        for part in parts {
            let halves = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Self.decoded(halves[0]), let value = Self.decoded(halves.count == 2 ? halves[1] : "")
            else {
                throw APIError(
                    .badRequest,
                    code: "invalid_value",
                    "“\(part.prefix(100))” in the URL's query is not in percent-encoding.",
                    param: String(halves[0].prefix(100))
                )
            }
            pairs.append((name, value))
        }
        return pairs
    }

    private static func decoded(_ text: Substring) -> String? { text.replacing("+", with: " ").percentDecoded }
}
