public import NIOCore

/// The body of a response: an asynchronous sequence of buffers, read once.
///
/// Each element is everything that came since the last, so a reader that is behind gets fewer and larger ones; one that
/// is further behind than the configuration's high mark holds back the sender. Cancelling the reading task, or letting
/// go of the body and its iterator, ends the transfer at once.
public struct TransferBody: AsyncSequence, Sendable {
    /// What is yielded.
    public typealias Element = ByteBuffer
    /// How it can fail.
    public typealias Failure = TransferError

    /// Ends the transfer when the last copy of a body and of its iterator is gone.
    fileprivate final class Lease: Sendable {
        let exchange: Exchange

        init(_ exchange: Exchange) {
            self.exchange = exchange
        }

        deinit {
            self.exchange.cancel()
        }
    }

    private enum Source: Sendable {
        case complete(ByteBuffer)
        case live(Lease)
    }

    private let source: Source

    init(complete bytes: ByteBuffer) {
        self.source = .complete(bytes)
    }

    init(live exchange: Exchange) {
        self.source = .live(Lease(exchange))
    }

    /// How many bytes the whole body has, if all of them are there already.
    public var completeByteCount: Int? {
        switch self.source {
        case .complete(let bytes): bytes.readableBytes
        case .live: nil
        }
    }

    /// Begins to read.
    public func makeAsyncIterator() -> Iterator {
        switch self.source {
        case .complete(let bytes):
            return Iterator(.complete(bytes))
        case .live(let lease):
            do {
                try lease.exchange.takeBody()
                return Iterator(.live(lease))
            } catch {
                return Iterator(.failed(error))
            }
        }
    }

    /// Reads all of the body into one buffer. A body that was complete with its head is not copied.
    ///
    /// - Parameters:
    ///   - limit: How many bytes it may have at most.
    ///   - isolation: Whose actor the caller runs on; it stays there.
    /// - Returns: The whole body.
    /// - Throws: ``TransferError`` with ``TransferError/Code/bodyTooLarge`` beyond the limit, or why the body broke off.
    public func collect(
        upTo limit: Int,
        isolation: isolated (any Actor)? = #isolation
    ) async throws(TransferError) -> ByteBuffer {
        switch self.source {
        case .complete(let bytes):
            guard bytes.readableBytes <= limit else {
                throw TransferError(
                    .bodyTooLarge,
                    host: "the server",
                    reason:
                        "the response's body has \(bytes.readableBytes) bytes, more than the \(limit) that are allowed",
                    requestMayHaveReachedServer: true,
                    responseHadBegun: true,
                    bodyBytesReceived: bytes.readableBytes
                )
            }
            return bytes
        case .live(let lease):
            try lease.exchange.takeBody()
            var whole = ByteBuffer()
            while var bytes = try await lease.exchange.next(atLeast: .max, isolation: isolation) {
                guard whole.readableBytes + bytes.readableBytes <= limit else {
                    throw lease.exchange.end(
                        .bodyTooLarge,
                        "the response's body has more than the \(limit) bytes allowed"
                    )
                }
                if whole.readableBytes == 0 { whole = bytes } else { whole.writeBuffer(&bytes) }
            }
            return whole
        }
    }

    /// Reads a body from its beginning to its end.
    public struct Iterator: AsyncIteratorProtocol {
        fileprivate enum State {
            case complete(ByteBuffer)
            case live(TransferBody.Lease)
            case failed(TransferError)
            case ended
        }

        private var state: State

        fileprivate init(_ state: State) {
            self.state = state
        }

        /// The next bytes, on whatever actor the caller runs.
        ///
        /// - Returns: At least one byte, or nil at the end.
        /// - Throws: Why the body broke off, then and whenever it is asked again.
        public mutating func next() async throws(TransferError) -> ByteBuffer? {
            try await self.next(isolation: #isolation)
        }

        /// The next bytes.
        ///
        /// - Parameter actor: Whose actor the caller runs on; it stays there.
        /// - Returns: At least one byte, or nil at the end.
        /// - Throws: Why the body broke off, then and whenever it is asked again.
        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(TransferError) -> ByteBuffer? {
            switch self.state {
            case .complete(let bytes):
                self.state = .ended
                return bytes.readableBytes > 0 ? bytes : nil
            case .live(let lease):
                let bytes = try await lease.exchange.next(atLeast: 1, isolation: actor)
                if bytes == nil { self.state = .ended }
                return bytes
            case .failed(let error):
                throw error
            case .ended:
                return nil
            }
        }
    }
}
