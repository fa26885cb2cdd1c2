import HTTP
import HTTPTypes
import Postgres
import Registry

extension APIError {
    /// Runs what reads or writes the registry's database, and says in words what went wrong with it.
    ///
    /// - Parameter body: The reading or writing.
    /// - Returns: What the body returned.
    /// - Throws: 400 with the constraint's own sentence for a refused value, 503 while the database is away; other errors
    ///   as they are.
    static func explainingStore<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let error as PostgresError {
            throw APIError(store: error) ?? error
        }
    }

    /// What a failure of the database means to a client; nil for one that is this program's fault.
    init?(store error: PostgresError) {
        switch error.code {
        case .connectionLost, .timedOut, .closed, .tooManyWaiting:
            self = Self.away(error.mayHaveBeenExecuted)
        case .commitOutcomeUnknown:
            self = Self.away(true)
        case .cancelled:
            self = APIError(
                .serviceUnavailable,
                .server,
                code: "cancelled",
                "The request was cancelled before the registry had answered. Send it again."
            )
        case .serverRefused:
            guard let refusal = Self.refused(error) else { return nil }
            self = refusal
        default:
            return nil
        }
    }

    /// By class of the server's code (PostgreSQL documentation, appendix A).
    private static func refused(_ error: PostgresError) -> APIError? {
        switch error.sqlState?.prefix(2) {
        case "23", "22", "P0":
            // A constraint's name is the sentence that says what is wrong.
            let sentence = error.constraint.flatMap { $0.contains(" ") ? $0 : nil } ?? error.message
            return APIError(.badRequest, code: "invalid_value", sentence, param: error.column)
        case "08", "53", "57", "25", "40", "55":
            return Self.away(error.mayHaveBeenExecuted)
        default:
            return nil
        }
    }

    private static func away(_ mayHaveHappened: Bool) -> APIError {
        var error = APIError(
            .serviceUnavailable,
            .server,
            code: "registry_unavailable",
            "The registry's database cannot be reached at the moment, so nothing can be changed or looked up there. "
                + (mayHaveHappened
                    ? "The change may have been made: look before you repeat it. "
                    : "Nothing was changed. Try again soon. ")
                + "Requests to models are answered meanwhile."
        )
        error.headers[.retryAfter] = "2"
        return error
    }
}
