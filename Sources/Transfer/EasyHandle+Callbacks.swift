import CCurl
import Glibc

/// What libcurl calls while the engine calls it. Nothing here waits, removes a handle or resumes a task: it is kept
/// until the turn of the loop ends.
///
/// The user pointer is the handle itself, which its engine keeps while libcurl knows it.
extension EasyHandle {
    func setCallbacks() throws(TransferError) {
        let this = Unmanaged.passUnretained(self).toOpaque()
        try self.check(
            transfer_on_header(
                self.raw,
                { bytes, size, count, owner in
                    guard let owner else { return 0 }
                    let length = size * count
                    let line = UnsafeRawBufferPointer(start: bytes, count: length)
                    let handle = Unmanaged<EasyHandle>.fromOpaque(owner).takeUnretainedValue()
                    return handle.receivedHeader(line) ? length : 0
                },
                this
            )
        )
        try self.check(
            transfer_on_body(
                self.raw,
                { bytes, size, count, owner in
                    guard let owner else { return 0 }
                    let chunk = UnsafeRawBufferPointer(start: bytes, count: size * count)
                    return Unmanaged<EasyHandle>.fromOpaque(owner).takeUnretainedValue().receivedBody(chunk)
                },
                this
            )
        )
        try self.check(
            transfer_on_read(
                self.raw,
                { bytes, size, count, owner in
                    guard let owner else { return transfer_read_abort() }
                    let target = UnsafeMutableRawBufferPointer(start: bytes, count: size * count)
                    return Unmanaged<EasyHandle>.fromOpaque(owner).takeUnretainedValue().wantsBody(into: target)
                },
                this
            )
        )
        try self.check(
            transfer_on_seek(
                self.raw,
                { owner, offset, origin in
                    guard let owner else { return CURL_SEEKFUNC_FAIL }
                    let handle = Unmanaged<EasyHandle>.fromOpaque(owner).takeUnretainedValue()
                    return handle.canRewind && offset == 0 && origin == SEEK_SET ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL
                },
                this
            )
        )
        try self.check(
            transfer_on_request(
                self.raw,
                { owner, _, _, _, _ in
                    guard let owner else { return CURL_PREREQFUNC_ABORT }
                    let handle = Unmanaged<EasyHandle>.fromOpaque(owner).takeUnretainedValue()
                    return handle.mayRequest() ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
                },
                this
            )
        )
    }

    private func receivedHeader(_ line: UnsafeRawBufferPointer) -> Bool {
        self.touch()
        if self.firstByteAt == nil { self.firstByteAt = self.lastActivity }
        switch self.reader.read(line, names: self.names) {
        case .more, .complete:
            return true
        case .tooLarge:
            let (bytes, fields) = (self.configuration.maximumHeaderBytes, self.configuration.maximumHeaderFields)
            self.failure = (.headersTooLarge, "the response's head has more than \(bytes) bytes or \(fields) fields")
            return false
        case .violation(let what):
            self.failure = (.protocolViolation, "the response is not HTTP: \(what)")
            return false
        }
    }

    private func receivedBody(_ chunk: UnsafeRawBufferPointer) -> Int {
        self.touch()
        guard let exchange = self.exchange else { return 0 }
        let expected = exchange.request.decompress ? nil : self.reader.head.contentLength
        switch exchange.receive(chunk, expecting: expected) {
        case .taken:
            self.bodyBytes += chunk.count
            return chunk.count
        case .pause:
            self.isReceivingPaused = true
            return transfer_write_pause()
        case .tooLarge:
            let limit = exchange.request.decompressedLimit
            self.failure = (.bodyTooLarge, "the response's body has more than \(limit) bytes when decompressed")
            return 0
        case .unwanted:
            self.failure = (.cancelled, "the caller cancelled the transfer")
            return 0
        }
    }

    private func wantsBody(into target: UnsafeMutableRawBufferPointer) -> Int {
        self.touch()
        guard let upload = self.exchange?.upload else { return transfer_read_abort() }
        switch upload.read(into: target) {
        case .copied(let count):
            return count
        case .pause:
            self.isSendingPaused = true
            return transfer_read_pause()
        case .end:
            return 0
        case .failed(let reason):
            self.failure = (.writeFailed, reason)
            return transfer_read_abort()
        }
    }

    private var canRewind: Bool {
        self.exchange?.upload?.hasBegunToSend == false
    }

    /// Called when the connection stands, before the request is sent; a second time when libcurl found a pooled
    /// connection closed and took another.
    private func mayRequest() -> Bool {
        self.touch()
        self.attempts += 1
        if self.connectedAt == nil { self.connectedAt = self.lastActivity }
        self.route?.isKnown = true
        guard self.attempts > 1, let exchange = self.exchange, !exchange.request.isRepeatable, self.hasSent else {
            return true
        }
        // RFC 9110 §9.2.2: what is not idempotent is not repeated unless it was surely not acted on.
        self.failure = (.connectionLost, "the pooled connection was closed before any response")
        return false
    }
}
