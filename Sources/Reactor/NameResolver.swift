import CReactor
import Glibc
import NIOPosix

/// Resolves host names off every event loop, because libpq, hiredis and libcurl all block on DNS.
///
/// Look-ups run on a small thread pool of their own. A caller that is cancelled, or whose deadline passes, goes on at
/// once; the thread it asked stays busy until the system's resolver gives up, and look-ups behind it wait.
public final class NameResolver: Sendable {
    /// Why a name has no address, with the system's words for it.
    public struct Failure: Error, CustomStringConvertible {
        /// The name that was looked up.
        public let host: String
        /// The system's reason.
        public let reason: String

        /// The name and the reason.
        public var description: String { "the host name “\(self.host)” cannot be resolved: \(self.reason)" }
    }

    /// One resolver for the process: name servers are shared by all who ask.
    public static let shared = NameResolver(threads: 4)

    private let threads: NIOThreadPool

    /// - Parameter threads: How many look-ups may run at once.
    init(threads: Int) {
        self.threads = NIOThreadPool(numberOfThreads: threads)
        self.threads.start()
    }

    /// The numeric addresses of a host, in the order in which they should be tried.
    ///
    /// - Parameters:
    ///   - host: A name, or an address, which is answered as it is.
    ///   - timeout: How long to wait for the system's resolver.
    /// - Returns: At least one IPv4 or IPv6 address in text form, without brackets.
    /// - Throws: ``Failure``, or `CancellationError`.
    public func addresses(of host: String, timeout: Duration) async throws -> [String] {
        if Self.isAddress(host) { return [host] }
        let reply = Reply<[String]>()
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await Task.sleep(for: timeout)
                reply.answer(.failure(Failure(host: host, reason: "no answer from the name servers within \(timeout)")))
            }
            self.threads.submit { state in
                guard case .active = state else {
                    reply.answer(.failure(CancellationError()))
                    return
                }
                reply.answer(Result { try Self.lookUp(host) })
            }
            defer { group.cancelAll() }
            return try await reply.value()
        }
    }

    /// Whether text is a numeric IPv4 or IPv6 address.
    public static func isAddress(_ text: String) -> Bool {
        var v4 = in_addr()
        var v6 = in6_addr()
        return inet_pton(AF_INET, text, &v4) == 1 || inet_pton(AF_INET6, text, &v6) == 1
    }

    private static func lookUp(_ host: String) throws -> [String] {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_ADDRCONFIG
        var first: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host, nil, &hints, &first)
        guard status == 0 else { throw Failure(host: host, reason: String(cString: gai_strerror(status))) }
        defer { freeaddrinfo(first) }
        var found: [String] = []
        var next = first
        while let entry = next {
            var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            let named = getnameinfo(
                entry.pointee.ai_addr,
                entry.pointee.ai_addrlen,
                &text,
                socklen_t(text.count),
                nil,
                0,
                NI_NUMERICHOST
            )
            let address = String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            if named == 0, !found.contains(address) { found.append(address) }
            next = entry.pointee.ai_next
        }
        guard !found.isEmpty else { throw Failure(host: host, reason: "it has no address of this machine's kinds") }
        return found
    }
}
