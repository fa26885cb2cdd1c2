import NIOCore
import NIOPosix
import NIOSSL

extension RedisConfiguration.TLS {
    /// Reads the certificates, on a thread that may wait for the disk.
    /// - Returns: What connections are encrypted with.
    /// - Throws: ``RedisError`` with `configuration` that names the files.
    func makeContext() async throws(RedisError) -> NIOSSLContext {
        do {
            return try await NIOThreadPool.singleton.runIfActive {
                var configuration = TLSConfiguration.makeClientConfiguration()
                configuration.minimumTLSVersion = .tlsv12
                // A server that has stopped does not answer the end of the session either.
                configuration.shutdownTimeout = .milliseconds(500)
                configuration.certificateVerification =
                    switch self.verification {
                    case .full: .fullVerification
                    case .chainOnly: .noHostnameVerification
                    case .none: .none
                    }
                if let file = self.trustRootsFile {
                    configuration.trustRoots = .file(file)
                }
                if let file = self.certificateFile {
                    configuration.certificateChain = try NIOSSLCertificate.fromPEMFile(file).map { .certificate($0) }
                }
                if let file = self.privateKeyFile {
                    configuration.privateKey = .privateKey(try NIOSSLPrivateKey(file: file, format: .pem))
                }
                return try NIOSSLContext(configuration: configuration)
            }
        } catch {
            let files = [self.trustRootsFile, self.certificateFile, self.privateKeyFile].compactMap { $0 }
            throw RedisError(
                .configuration,
                "TLS for Redis cannot be set up from \(files.isEmpty ? "the system's certificates" : "\(files)"): \(error).",
                cause: error
            )
        }
    }
}
