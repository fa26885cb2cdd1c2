internal import Glibc
internal import SystemPackage

/// A TCP socket on 127.0.0.1 that never waits: the few system calls that a readiness probe and a port check need.
///
/// The one place in this target where a pointer appears, and none leaves it.
struct LoopbackSocket: ~Copyable {
    private let descriptor: FileDescriptor

    /// Makes a socket that is neither bound nor connected.
    init() throws(Errno) {
        let type = CInt(SOCK_STREAM.rawValue) | CInt(SOCK_NONBLOCK.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(AF_INET, type, 0)
        guard descriptor >= 0 else { throw Errno(rawValue: errno) }
        self.descriptor = FileDescriptor(rawValue: descriptor)
    }

    deinit {
        do { try self.descriptor.close() } catch { assertionFailure("a socket was closed by somebody else: \(error)") }
    }

    /// Takes a port, 0 for any that is free, as a server with `SO_REUSEADDR` would.
    func bind(to port: UInt16) throws(Errno) {
        var one: CInt = 1
        let size = socklen_t(MemoryLayout<CInt>.size)
        guard unsafe setsockopt(self.descriptor.rawValue, SOL_SOCKET, SO_REUSEADDR, &one, size) == 0 else {
            throw Errno(rawValue: errno)
        }
        let result = unsafe Self.withAddress(port) { unsafe Glibc.bind(self.descriptor.rawValue, $0, $1) }
        guard result == 0, listen(self.descriptor.rawValue, 1) == 0 else { throw Errno(rawValue: errno) }
    }

    /// The port that was taken.
    func boundPort() throws(Errno) -> UInt16 {
        var address = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = unsafe withUnsafeMutableBytes(of: &address) { bytes in
            guard let base = bytes.baseAddress else { return CInt(-1) }
            return unsafe getsockname(self.descriptor.rawValue, base.assumingMemoryBound(to: sockaddr.self), &size)
        }
        guard result == 0 else { throw Errno(rawValue: errno) }
        return UInt16(bigEndian: address.sin_port)
    }

    /// Begins to connect; on loopback that is decided at once.
    func connect(to port: UInt16) throws(Errno) {
        let result = unsafe Self.withAddress(port) { unsafe Glibc.connect(self.descriptor.rawValue, $0, $1) }
        guard result == 0 || errno == EINPROGRESS else { throw Errno(rawValue: errno) }
    }

    /// Sends a message that is small enough for the socket's buffer; a peer that is gone is an error, not a signal.
    func send(_ message: [UInt8]) throws(Errno) {
        let count = unsafe message.withUnsafeBytes { bytes in
            unsafe Glibc.send(self.descriptor.rawValue, bytes.baseAddress, bytes.count, CInt(MSG_NOSIGNAL))
        }
        guard count >= 0 else { throw Errno(rawValue: errno) }
        guard count == message.count else { throw .ioError }
    }

    /// What has arrived, at most 512 bytes: `nil` when nothing has yet, empty when the peer has closed.
    func receive() throws(Errno) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 512)
        let count = unsafe buffer.withUnsafeMutableBytes { bytes in
            unsafe recv(self.descriptor.rawValue, bytes.baseAddress, bytes.count, 0)
        }
        if count >= 0 { return Array(buffer[..<count]) }
        let reason = Errno(rawValue: errno)
        guard reason == .wouldBlock || reason == .socketNotConnected else { throw reason }
        return nil
    }

    private static func withAddress(
        _ port: UInt16,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt
    ) -> CInt {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
        return unsafe withUnsafeBytes(of: &address) { bytes in
            guard let base = bytes.baseAddress else { return -1 }
            return unsafe body(base.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count))
        }
    }
}
