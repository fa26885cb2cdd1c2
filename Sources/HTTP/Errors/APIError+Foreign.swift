import HTTPTypes
import Hummingbird
import NIOCore

extension APIError {
    /// What a failure that is not ours looks like to a client; nil for one that nobody foresaw.
    init?(foreign error: any Error, request: Request) {
        switch error {
        case let error as APIError:
            self = error
        case let error as HTTPError:
            self = Self.hummingbird(error, request)
        case is NIOTooManyBytesError:
            self = APIError(.contentTooLarge, code: "body_too_large", "The request's body is too large. Send less.")
        case is CancellationError:
            self = APIError(
                .serviceUnavailable,
                .server,
                code: "shutting_down",
                "This replica is shutting down and could not finish the request. Send it again."
            )
        case let error as any HTTPResponseError:
            self = APIError(
                error.status,
                error.status.code < 500 ? .invalidRequest : .server,
                code: "http_\(error.status.code)",
                "\(error.status.reasonPhrase)."
            )
        default:
            return nil
        }
    }

    private static func hummingbird(_ error: HTTPError, _ request: Request) -> APIError {
        guard error.status == .notFound else {
            var refusal = APIError(
                error.status,
                error.status.code < 500 ? .invalidRequest : .server,
                code: "http_\(error.status.code)",
                error.body ?? "\(error.status.reasonPhrase)."
            )
            refusal.headers = error.headers
            return refusal
        }
        let advice =
            request.uri.path.hasPrefix("/api/")
            ? "GET /docs says what there is; a slash within a name is written %2F, as in models/openai%2Fgpt-4o."
            : "An OpenAI SDK needs a base URL that ends in /v1."
        return APIError(
            .notFound,
            code: "unknown_url",
            "There is no \(request.method.rawValue) \(request.uri.path.prefix(200)) here. \(advice)"
        )
    }

    /// What nobody foresaw: the reason is in the log, under the request's id.
    static func unforeseen(requestID: String) -> APIError {
        APIError(
            .internalServerError,
            .server,
            code: "internal_error",
            "This gateway failed to answer, which is its own fault. Its log has the reason under request id \(requestID)."
        )
    }
}
