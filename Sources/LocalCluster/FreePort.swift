internal import SystemPackage

/// Ports of 127.0.0.1 for private servers.
package enum FreePort {
    /// A port that was free a moment ago. Another process may take it before its server does: whoever starts one asks
    /// again when the server says that its port is in use.
    package static func any() throws(LocalClusterError) -> UInt16 {
        do {
            let socket = try LoopbackSocket()
            try socket.bind(to: 0)
            return try socket.boundPort()
        } catch {
            throw LocalClusterError(.portTaken, "No free port could be had on 127.0.0.1: \(error).")
        }
    }

    /// Makes sure that a port somebody asked for is free.
    ///
    /// - Parameters:
    ///   - port: The port on 127.0.0.1.
    ///   - purpose: Who needs it, as the sentence names it ("PostgreSQL").
    /// - Throws: `portTaken` with the process that holds the port, where that can be found out.
    package static func check(_ port: UInt16, for purpose: String) throws(LocalClusterError) {
        do {
            let socket = try LoopbackSocket()
            try socket.bind(to: port)
        } catch {
            guard error == .addressInUse else {
                throw LocalClusterError(.portTaken, "Port \(port) cannot be used for \(purpose): \(error).")
            }
            var holder = "another process"
            if let processID = ProcessTable.listener(onPort: port) {
                holder = "process \(processID)" + (ProcessTable.name(of: processID).map { " (\($0))" } ?? "")
            }
            throw LocalClusterError(
                .portTaken,
                "Port \(port), asked for as \(purpose)'s, is taken by \(holder): stop that, or ask for another port."
            )
        }
    }
}
