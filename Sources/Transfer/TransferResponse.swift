public import HTTPTypes

/// The head of a response, and its body as it comes. Redirects are not followed: they are responses like any other.
public struct TransferResponse: Sendable {
    /// When things happened, counted from ``TransferClient/send(_:)``.
    public struct Timings: Sendable {
        /// When the connection stood, TLS included; a used connection stands as soon as the transfer gets it.
        public let connect: Duration
        /// When the first byte of the response came.
        public let firstByte: Duration
    }

    /// The final status; informational ones (1xx) are skipped.
    public let status: HTTPResponse.Status
    /// The fields in the order in which they came, also when a name comes twice.
    public let headers: HTTPFields
    /// The body, to be read once. Letting go of it unread ends the transfer.
    public let body: TransferBody
    /// When things happened.
    public let timings: Timings
    /// Whether a pooled connection was used.
    public let connectionWasReused: Bool
}
