import HTTP
import HTTPTypes
import Registry
import Transfer

/// What a client is told when its provider could not be asked, or broke off.
extension APIError {
    /// Puts the failure of a transfer into words.
    ///
    /// - Parameters:
    ///   - failure: What happened.
    ///   - provider: Who was asked.
    init(_ failure: TransferError, from provider: Provider) {
        let (status, code, what) = Self.meaning(of: failure)
        self.init(
            status,
            status == .serviceUnavailable ? .server : .provider,
            code: code,
            "\(provider.name) \(what) (\(failure.host): \(failure.reason))."
        )
        if status == .serviceUnavailable { self.headers[.retryAfter] = "1" }
    }

    private static func meaning(
        of failure: TransferError
    ) -> (status: HTTPResponse.Status, code: String, what: String) {
        switch failure.code {
        case .nameNotResolved, .connectionRefused, .unreachable:
            (.badGateway, "provider_unreachable", "cannot be reached. Try again, or use another provider's model")
        case .tlsFailed:
            (.badGateway, "provider_unreachable", "cannot be reached safely: TLS failed")
        case .connectTimedOut:
            (.gatewayTimeout, "provider_timeout", "did not accept a connection in time. Try again")
        case .firstByteTimedOut:
            (.gatewayTimeout, "provider_timeout", "did not begin to answer in time. Try again, or ask for a stream")
        case .idleTimedOut, .totalTimedOut:
            (.gatewayTimeout, "provider_timeout", "stopped in the middle of its answer. Try again")
        case .connectionLost:
            (.badGateway, "provider_disconnected", "broke off before its answer was complete. Try again")
        case .protocolViolation, .headersTooLarge, .bodyTooLarge:
            (.badGateway, "provider_invalid_response", "answered with what cannot be passed on")
        case .tooManyWaiting:
            (
                .serviceUnavailable, "overloaded",
                "is being asked by as many requests as this gateway allows. Try again in a moment"
            )
        case .closed:
            (.serviceUnavailable, "shutting_down", "was not asked because this replica is shutting down. Send it again")
        case .invalidURL, .invalidHeader:
            (.badGateway, "provider_misconfigured", "cannot be asked: its address or key in the settings is not usable")
        default:
            (.badGateway, "provider_failed", "could not be asked")
        }
    }
}
