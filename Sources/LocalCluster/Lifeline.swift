internal import SystemPackage

/// The pipe that tells a supervisor whether we are still here. Nothing is ever written to it: its end is the message.
final class Lifeline {
    /// What the supervisor inherits as its standard input; closed here once it has been started.
    let remoteEnd: FileDescriptor

    private var ownEnd: FileDescriptor?

    /// Makes a pipe that no other process inherits.
    init() throws(LocalClusterError) {
        do {
            let pipe = try FileDescriptor.pipe(options: .closeOnExec)
            self.remoteEnd = pipe.readEnd
            self.ownEnd = pipe.writeEnd
        } catch {
            throw LocalClusterError(.commandFailed, "No pipe could be made for a server's supervisor: \(error).")
        }
    }

    deinit { self.cut() }

    /// Closes our end. A second call does nothing.
    func cut() {
        guard let ownEnd = self.ownEnd else { return }
        self.ownEnd = nil
        do { try ownEnd.close() } catch { assertionFailure("a lifeline was closed by somebody else: \(error)") }
    }
}
