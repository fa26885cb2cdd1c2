/// How one answer deviates from the ordinary: slower, larger, refused, cut or never given.
///
/// A value: read from the command line, from a rule, from a request's header, its model name or its prompt, and then
/// merged. What is nil deviates in nothing.
package struct Behaviour: Sendable, Hashable {
    /// Time before the first byte.
    package var latency: Duration?

    /// Time before each event of a stream.
    package var delay: Duration?

    /// How many tokens of text an answer has; one event each in a stream.
    package var tokens: Int?

    /// The status to answer with instead of the real answer, its body in the provider's own error shape.
    package var status: Int?

    /// Seconds in the `Retry-After` header of an answer with a ``status``.
    package var retryAfter: Int?

    /// What stands in the body instead of what should.
    package var garbling: Garbling?

    /// Where and how the answer breaks off.
    package var rupture: Rupture?

    /// How many bytes leave at a time.
    package var trickle: Trickle?

    /// What is added to the true `Content-Length`. A stream has none, and is not touched.
    package var contentLengthError: Int?

    /// Header lines without end, up to ``Behaviour/endlessHeaderBytes``, instead of an answer.
    package var isHeaderEndless: Bool?

    /// Nothing deviates.
    package static let ordinary = Behaviour()

    /// Nothing deviates.
    package init() {}

    /// What an endless header amounts to before the connection is cut, in bytes.
    package static let endlessHeaderBytes = 64 << 20

    /// The most tokens of text.
    package static let mostTokens = 1_000_000

    /// This behaviour, with everything that another one says put in its place.
    package func overridden(by other: Behaviour) -> Behaviour {
        var merged = self
        if let latency = other.latency { merged.latency = latency }
        if let delay = other.delay { merged.delay = delay }
        if let tokens = other.tokens { merged.tokens = tokens }
        if let status = other.status { merged.status = status }
        if let retryAfter = other.retryAfter { merged.retryAfter = retryAfter }
        if let garbling = other.garbling { merged.garbling = garbling }
        if let rupture = other.rupture { merged.rupture = rupture }
        if let trickle = other.trickle { merged.trickle = trickle }
        if let error = other.contentLengthError { merged.contentLengthError = error }
        if let endless = other.isHeaderEndless { merged.isHeaderEndless = endless }
        return merged
    }
}

extension Behaviour {
    /// What stands in a body instead of what should.
    package enum Garbling: String, Sendable, Hashable, CaseIterable {
        /// A page of HTML, as a proxy in between would answer.
        case html
        /// JSON that ends in the middle of a token; in a stream, one such event.
        case invalidJSON = "invalid-json"
        /// A stream whose middle event is an error in the provider's shape, after which it ends.
        case errorEvent = "error-event"
    }

    /// A place in an answer.
    package enum Place: Sendable, Hashable {
        case beforeHeaders
        case afterHeaders
        /// After half of the events of a stream, or half of the bytes of a body.
        case middle
        /// After this many events of a stream; an answer that is no stream has one.
        case event(Int)
        /// After this many bytes, headers and framing included.
        case byte(Int)
    }

    /// Where and how an answer breaks off.
    package struct Rupture: Sendable, Hashable {
        /// What happens to the connection.
        package enum Manner: String, Sendable, Hashable, CaseIterable {
            /// It is closed in order (FIN), too early.
            case cut
            /// It is aborted (RST).
            case reset
            /// It stays open and says nothing more, until the client or the simulator goes.
            case hang
        }

        package var manner: Manner
        package var place: Place

        package init(_ manner: Manner, _ place: Place) {
            self.manner = manner
            self.place = place
        }
    }

    /// How many bytes leave at a time.
    package struct Trickle: Sendable, Hashable {
        /// The bytes of one write.
        package var bytes: Int
        /// The time before the next write.
        package var pause: Duration

        package init(bytes: Int, pause: Duration) {
            self.bytes = bytes
            self.pause = pause
        }
    }
}
