import HTTP
import HTTPTypes
import Hummingbird
import Registry

extension Operation.Parameter {
    /// The parameters that ask for the registry of another time.
    static let revisionPoint: [Operation.Parameter] = [
        .query("revision", .count, "Show the registry as of this revision."),
        .query(
            "as_of",
            .moment,
            "Show the registry as of this time, as in 2026-11-20T08:00:00Z, or the start of a day."
        ),
    ]
}

extension Request {
    /// The point of the past that the query asks for with `revision` or `as_of`.
    ///
    /// - Returns: The point; nil if the registry of now is wanted.
    /// - Throws: 400 for what is neither a number nor a time, and for both at once.
    func revisionPoint() throws(APIError) -> RevisionPoint? {
        let pairs = try self.queryPairs().filter { ["revision", "as_of"].contains($0.name) }
        guard let pair = pairs.first else { return nil }
        guard pairs.count == 1 else {
            throw APIError(
                .badRequest,
                code: "invalid_value",
                "Say either “revision” or “as_of”, and only once.",
                param: pairs[1].name
            )
        }
        switch (pair.name, RevisionPoint(pair.value)) {
        case ("revision", .revision(let revision)): return .revision(revision)
        case ("as_of", .time(let time)): return .time(time)
        default:
            throw APIError(
                .badRequest,
                code: "invalid_value",
                pair.name == "revision"
                    ? "“revision” must be a number, as in 17, and it is “\(pair.value.prefix(40))”."
                    : "“as_of” must be a time, as in 2026-11-20T08:00:00Z, or a day, and it is “\(pair.value.prefix(40))”.",
                param: pair.name
            )
        }
    }
}

extension APIError {
    /// 404 for a revision, row or change that there has never been.
    init(_ notFound: HistoryNotFound, param: String? = nil) {
        self.init(.notFound, code: "not_found", notFound.description, param: param)
    }
}
