/// The limits of the request path. Every one is a setting of the replica.
package struct InferenceSettings: Sendable, Hashable {
    /// How many bytes a request's body may have; a larger one is refused with 413. Default 32 MiB.
    package var largestBody = 32 << 20
    /// How many bytes of an answer that is no stream wait until the answer is whole, so that one which breaks off becomes an
    /// error instead of half an answer. What is larger is passed on as it comes. Default 8 MiB.
    package var largestWholeAnswer = 8 << 20
    /// How many bytes of a provider's error are read. Default 64 KiB.
    package var largestError = 64 << 10
    /// How many bytes of an event that is not complete yet are held back. Default 1 MiB.
    package var largestEvent = 1 << 20
    /// How long connecting to a provider may take, TLS included. Default 10 s.
    package var connectTimeout = Duration.seconds(10)
    /// How long a provider may think before an answer that is no stream begins. Default 300 s.
    package var firstByteTimeout = Duration.seconds(300)
    /// How long a provider may think before a stream begins. Default 60 s.
    package var firstByteTimeoutOfStreams = Duration.seconds(60)
    /// How long an answer may stand still once it has begun. Default 120 s.
    package var idleTimeout = Duration.seconds(120)

    /// The defaults.
    package init() {}
}
