package import Secrets

/// Where Redis is, how to sign in, and every limit of the client.
package struct RedisConfiguration: Sendable, Hashable {
    /// A server's address.
    package enum Address: Sendable, Hashable, CustomStringConvertible {
        /// A name or a numeric address, and a TCP port.
        case host(String, port: Int)
        /// The path of a unix domain socket.
        case unixSocket(path: String)

        /// The address as people write it; no credentials are part of it.
        package var description: String {
            switch self {
            case .host(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
            case .unixSocket(let path): path
            }
        }
    }

    /// Where the server is, or who knows it.
    package enum Location: Sendable, Hashable, CustomStringConvertible {
        /// One server at an address.
        case server(Address)
        /// The master of this name, wherever the sentinels say it is.
        case sentinels([Address], master: String)

        /// The addresses, for messages; no credentials are part of it.
        package var description: String {
            switch self {
            case .server(let address): "\(address)"
            case .sentinels(let addresses, let master):
                "master \(master) of sentinels \(addresses.map(\.description).joined(separator: ","))"
            }
        }
    }

    /// A user, if not the default one, and a password.
    package struct Credentials: Sendable, Hashable {
        /// The ACL user; `nil` for the default user.
        package var user: String?
        /// The password.
        package var password: Secret

        /// Makes credentials.
        /// - Parameters:
        ///   - user: The ACL user; `nil` for the default user.
        ///   - password: The password.
        package init(user: String? = nil, password: Secret) {
            self.user = user
            self.password = password
        }
    }

    /// How TLS is done, where it is.
    package struct TLS: Sendable, Hashable {
        /// What of the server's certificate is verified.
        package enum Verification: Sendable, Hashable {
            /// The chain, and that the certificate is for the host asked for.
            case full
            /// The chain only.
            case chainOnly
            /// Nothing: whoever can intercept the connection can read and change it.
            case none
        }

        /// What of the server's certificate is verified.
        package var verification: Verification
        /// A PEM file with the certificates to trust; `nil` for those of the system.
        package var trustRootsFile: String?
        /// A PEM file with this client's certificate chain, where the server asks for one.
        package var certificateFile: String?
        /// A PEM file with the key of the certificate.
        package var privateKeyFile: String?

        /// Describes TLS.
        /// - Parameters:
        ///   - verification: What of the server's certificate is verified.
        ///   - trustRootsFile: A PEM file with the certificates to trust; `nil` for those of the system.
        ///   - certificateFile: A PEM file with this client's certificate chain, where the server asks for one.
        ///   - privateKeyFile: A PEM file with the key of the certificate.
        package init(
            verification: Verification = .full,
            trustRootsFile: String? = nil,
            certificateFile: String? = nil,
            privateKeyFile: String? = nil
        ) {
            self.verification = verification
            self.trustRootsFile = trustRootsFile
            self.certificateFile = certificateFile
            self.privateKeyFile = privateKeyFile
        }
    }

    /// What the client holds at most; past a limit a caller is refused at once.
    package struct Limits: Sendable, Hashable {
        /// Commands that wait to be sent or answered.
        package var waitingCommands = 16_384
        /// Bytes of commands that wait to be sent or answered.
        package var waitingBytes = 64 << 20
        /// Bytes of the arguments of one command.
        package var commandBytes = 32 << 20
        /// Bytes of one reply. A larger one closes the connection, because the rest of it would have to be read.
        package var replyBytes = 64 << 20
        /// Channels and patterns that are subscribed to, counted once per subscription.
        package var topics = 4096
        /// Events that wait in one subscription to be read.
        package var eventsPerSubscription = 1024
        /// Bytes of payloads that wait in one subscription to be read.
        package var bytesPerSubscription = 16 << 20

        /// The limits as they are by default.
        package init() {}
    }

    /// Where the server is, or who knows it.
    package var location: Location
    /// How to sign in to the server.
    package var credentials: Credentials?
    /// How to sign in to the sentinels, which have passwords of their own.
    package var sentinelCredentials: Credentials?
    /// The number of the database; 0 is the default.
    package var database = 0
    /// TLS, to servers and sentinels alike; `nil` for none.
    package var tls: TLS?
    /// The name by which `CLIENT LIST` shows the connections; without spaces.
    package var clientName = "roster"
    /// How long a connection may take from the look-up of the name to the end of the handshake.
    package var connectTimeout: Duration = .seconds(3)
    /// How long a command may take from `send` to its answer, and how long a server that owes one may be silent before it
    /// is taken for dead.
    package var commandTimeout: Duration = .seconds(2)
    /// How often the subscriptions' connection is asked whether it still lives; it has as long again to answer.
    package var pingInterval: Duration = .seconds(5)
    /// The delays between attempts to connect.
    package var backoff = Backoff()
    /// What the client holds at most.
    package var limits = Limits()

    /// Describes a server without credentials.
    /// - Parameter location: Where the server is, or who knows it.
    package init(location: Location) {
        self.location = location
    }
}
