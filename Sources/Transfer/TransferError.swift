/// Why a transfer failed, and how far it had come: what its caller needs to know to decide whether to repeat it.
///
/// It names the host and never the URL, in which there may be keys.
public struct TransferError: Error, Sendable, Hashable {
    /// What kind of failure. New ones may be added.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String {
            case nameNotResolved, connectionRefused, unreachable, connectTimedOut, tlsFailed, firstByteTimedOut
            case idleTimedOut, totalTimedOut, connectionLost, protocolViolation, bodyTooLarge, headersTooLarge
            case tooManyWaiting, cancelled, closed, invalidURL, invalidHeader, writeFailed, bodyAlreadyRead, failed
        }
        private let kind: Kind

        /// The host's name has no address.
        public static let nameNotResolved = Code(kind: .nameNotResolved)
        /// Nothing listens at the host's address and port.
        public static let connectionRefused = Code(kind: .connectionRefused)
        /// No way leads to the host's address.
        public static let unreachable = Code(kind: .unreachable)
        /// The connection did not stand in time.
        public static let connectTimedOut = Code(kind: .connectTimedOut)
        /// TLS could not be agreed on, or the server's certificate is not trusted.
        public static let tlsFailed = Code(kind: .tlsFailed)
        /// The response did not begin in time.
        public static let firstByteTimedOut = Code(kind: .firstByteTimedOut)
        /// The response stood still for too long.
        public static let idleTimedOut = Code(kind: .idleTimedOut)
        /// The transfer as a whole took too long.
        public static let totalTimedOut = Code(kind: .totalTimedOut)
        /// The server or the network ended the connection before the response was complete.
        public static let connectionLost = Code(kind: .connectionLost)
        /// The server sent what is not HTTP.
        public static let protocolViolation = Code(kind: .protocolViolation)
        /// The response's body is larger than the caller allows.
        public static let bodyTooLarge = Code(kind: .bodyTooLarge)
        /// The response's head is larger than the configuration allows.
        public static let headersTooLarge = Code(kind: .headersTooLarge)
        /// As many transfers wait as the configuration allows.
        public static let tooManyWaiting = Code(kind: .tooManyWaiting)
        /// The caller's task was cancelled, or the caller let go of the body.
        public static let cancelled = Code(kind: .cancelled)
        /// The client shuts down.
        public static let closed = Code(kind: .closed)
        /// The URL is not an absolute `http` or `https` URL.
        public static let invalidURL = Code(kind: .invalidURL)
        /// A field of the request, or its method, has bytes that may not be sent.
        public static let invalidHeader = Code(kind: .invalidHeader)
        /// The request's body could not be read, or had not the length that was declared.
        public static let writeFailed = Code(kind: .writeFailed)
        /// The body was asked for a second time.
        public static let bodyAlreadyRead = Code(kind: .bodyAlreadyRead)
        /// Something libcurl refuses that has no name here; the description has its words.
        public static let failed = Code(kind: .failed)

        /// The code's own name.
        public var description: String { self.kind.rawValue }
    }

    /// What kind of failure.
    public let code: Code
    /// The host, with its port when that is not the scheme's; “an invalid URL” when there is none.
    public let host: String
    /// Whether any byte of the request may have reached the server. If not, it can be repeated without risk.
    public internal(set) var requestMayHaveReachedServer: Bool
    /// Whether any byte of a final response had arrived.
    public internal(set) var responseHadBegun: Bool
    /// How many bytes of the response's body had arrived.
    public internal(set) var bodyBytesReceived: Int
    /// What happened, in plain words, without the host.
    public let reason: String

    init(
        _ code: Code,
        host: String,
        reason: String,
        requestMayHaveReachedServer: Bool = false,
        responseHadBegun: Bool = false,
        bodyBytesReceived: Int = 0
    ) {
        self.code = code
        self.host = host
        self.reason = reason
        self.requestMayHaveReachedServer = requestMayHaveReachedServer
        self.responseHadBegun = responseHadBegun
        self.bodyBytesReceived = bodyBytesReceived
    }
}

extension TransferError: CustomStringConvertible {
    /// What happened with which host, how far it had come, and what to do.
    public var description: String {
        var text = "\(self.host): \(self.reason)"
        if self.responseHadBegun {
            text += " (after \(self.bodyBytesReceived) bytes of the response's body)"
        } else if self.requestMayHaveReachedServer {
            text += " (before any response; the server may have acted on the request)"
        }
        return text
    }
}
