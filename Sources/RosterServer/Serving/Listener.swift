import Glibc
import Hummingbird
import NIOCore
import ServiceLifecycle

/// Why a replica cannot listen, in one sentence.
package struct ListenFailure: Error, Sendable, CustomStringConvertible {
    /// The address that was asked for.
    package let host: String
    /// The port that was asked for.
    package let port: Int
    /// Whether somebody else has the port.
    package let isTaken: Bool
    private let reason: String

    package var description: String {
        self.isTaken
            ? "port \(self.port) of \(self.host) is taken by another process: stop that, or give another port with --port"
            : "cannot listen on \(self.host), port \(self.port): \(self.reason)"
    }

    init(host: String, port: Int, _ error: IOError) {
        self.host = host
        self.port = port
        self.isTaken = error.errnoCode == EADDRINUSE
        self.reason = error.description
    }
}

/// The HTTP server as a service whose failure to listen is a ``ListenFailure``.
struct Listener<Responder: HTTPResponder>: Service
where Responder.Context: InitializableFromSource<ApplicationRequestContextSource> {
    let application: Application<Responder>
    let host: String
    let port: Int

    func run() async throws {
        do {
            try await self.application.run()
        } catch let error as IOError {
            throw ListenFailure(host: self.host, port: self.port, error)
        }
    }
}
