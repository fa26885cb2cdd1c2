/// How a ``TransferClient`` pools, limits and trusts. A value; every member has a default that suits a gateway.
///
/// With more than one reactor each gets an equal share of every limit, rounded up. HTTP/1.1 and HTTP/2 transfers have
/// pools of their own, and each pool has these limits.
public struct TransferConfiguration: Sendable {
    /// How many connections may be open to one host and port at a time. Default 1,024.
    public var connectionsPerHost = 1_024
    /// How many connections may be open altogether, idle ones included. Default 4,096.
    public var totalConnections = 4_096
    /// How many transfers may run over one HTTP/2 connection at a time; the server may allow fewer. Default 100.
    public var streamsPerConnection = 100
    /// How long an idle connection may still be used again. Default 60 s; whole seconds count.
    public var connectionIdleAge = Duration.seconds(60)
    /// How old a connection may grow before it is replaced, so that changes of DNS are followed. Default 10 minutes;
    /// whole seconds count.
    public var connectionLifetime = Duration.seconds(600)
    /// How long the addresses of a name are used without asking again. Default 60 s.
    public var nameLifetime = Duration.seconds(60)
    /// How many names are remembered. Default 1,024.
    public var maximumNames = 1_024
    /// A file of PEM certificates to trust instead of the system's. Default: the system's.
    public var trustedRoots: String?
    /// Whether HTTP/2 is spoken where a request allows it and the server offers it. Default true.
    public var allowsHTTP2 = true
    /// How many transfers may run at a time; more wait. Default 16,384.
    public var maximumTransfers = 16_384
    /// How many transfers may wait for a connection or their turn; more are refused with
    /// ``TransferError/Code/tooManyWaiting``. Default 1,024.
    public var maximumWaiting = 1_024
    /// How many bytes the heads of one response may have, informational ones and trailers included. Default 64 KiB.
    public var maximumHeaderBytes = 65_536
    /// How many header fields one response may have. Default 256; at most 10,000 count.
    public var maximumHeaderFields = 256
    /// How many bytes of a response's body wait in memory for their reader before its connection is no longer read.
    /// Default 64 KiB. One buffer of libcurl's (16 KiB) may come on top.
    public var bodyHighMark = 65_536
    /// How many bytes of a streamed request's body wait in memory for the network. Default 128 KiB; one element of the
    /// body's sequence may come on top.
    public var uploadHighMark = 131_072
    /// How long running transfers may take to end after the graceful shutdown began. Default 30 s.
    public var shutdownGrace = Duration.seconds(30)
    /// How many event loops, each with a thread and a pool of connections. Default 1, which is right until it is
    /// measured to be full.
    public var reactors = 1

    /// The defaults.
    public init() {}
}
