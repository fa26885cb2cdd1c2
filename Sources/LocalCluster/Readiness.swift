internal import Secrets
internal import SystemPackage

/// Whether a server answers, asked in its own protocol over a connection of its own.
struct Readiness: Sendable {
    /// What to say to the server, and whether its first bytes mean that it takes clients.
    let greeting: [UInt8]
    let isReady: @Sendable ([UInt8]) -> Bool

    /// PostgreSQL asks for a password (`R`) when it takes connections, and sends an error (`E`, 57P03) while it
    /// starts. Source: PostgreSQL documentation, "Message Flow", "Start-up".
    static func postgres(user: String, database: String) -> Readiness {
        let parameters = Array("user\0\(user)\0database\0\(database)\0\0".utf8)
        let length = UInt32(parameters.count + 8)
        let header = [length, 196_608].flatMap { word in
            (0..<4).map { UInt8(truncatingIfNeeded: word >> (24 - 8 * $0)) }
        }
        return Readiness(greeting: header + parameters) { $0.first == UInt8(ascii: "R") }
    }

    /// Redis accepts the password and answers `PING`; while it loads it answers both with errors.
    static func redis(password: Secret) -> Readiness {
        Readiness(greeting: Array("AUTH \(password.exposed)\r\nPING\r\n".utf8)) { $0.starts(with: "+OK\r\n".utf8) }
    }

    /// Asks once, and waits at most `patience` for the answer.
    ///
    /// - Returns: Whether the server takes clients; `false` also when it cannot be reached.
    func holds(port: UInt16, patience: Duration) async throws -> Bool {
        let deadline = ContinuousClock.now + patience
        do {
            let socket = try LoopbackSocket()
            try socket.connect(to: port)
            try socket.send(self.greeting)
            while ContinuousClock.now < deadline {
                if let answer = try socket.receive() { return self.isReady(answer) }
                try await Task.sleep(for: .milliseconds(2))
            }
            return false
        } catch is Errno {
            return false
        }
    }
}
