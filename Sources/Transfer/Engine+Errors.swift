import CCurl

/// libcurl's results in our words.
extension Engine {
    /// Why a transfer ended, from libcurl's result and from what the callbacks noted.
    func error(of handle: EasyHandle, _ status: CURLcode) -> TransferError {
        guard let exchange = handle.exchange else {
            return TransferError(.failed, host: "libcurl", reason: "a handle without a transfer has ended")
        }
        if let failure = handle.failure { return self.described(exchange.error(failure.code, failure.reason), handle) }
        let (code, reason) = self.meaning(of: status, handle)
        return self.described(exchange.error(code, reason), handle)
    }

    /// The same error with how far the transfer had come.
    func described(_ error: TransferError, _ handle: EasyHandle) -> TransferError {
        var error = error
        error.requestMayHaveReachedServer = handle.attempts > 0 && handle.hasSent
        error.responseHadBegun = handle.reader.head.status >= 200
        error.bodyBytesReceived = handle.bodyBytes
        return error
    }

    private func meaning(of status: CURLcode, _ handle: EasyHandle) -> (TransferError.Code, String) {
        let words = handle.lastError.isEmpty ? String(cString: curl_easy_strerror(status)) : handle.lastError
        switch status {
        case CURLE_OK:
            return (.connectionLost, "the connection ended before the response's head was complete")
        case CURLE_COULDNT_RESOLVE_HOST:
            return (.nameNotResolved, "the host's name has no address: \(words)")
        case CURLE_COULDNT_CONNECT:
            let number = handle.number(CURLINFO_OS_ERRNO) ?? 0
            guard number == Int(ECONNREFUSED) else {
                return (.unreachable, "no connection can be made: \(words)")
            }
            return (.connectionRefused, "the connection was refused; nothing listens there: \(words)")
        case CURLE_OPERATION_TIMEDOUT:
            let limit = handle.exchange?.request.timeouts.connect ?? .zero
            return (.connectTimedOut, "no connection stood within \(limit): \(words)")
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CERTPROBLEM,
            CURLE_SSL_CIPHER, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_ENGINE_INITFAILED,
            CURLE_SSL_PINNEDPUBKEYNOTMATCH, CURLE_SSL_CLIENTCERT:
            return (.tlsFailed, "no trusted TLS connection can be made: \(words)")
        case CURLE_URL_MALFORMAT:
            return (.invalidURL, "libcurl cannot read the URL: \(words)")
        case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING, CURLE_HTTP2:
            return (.protocolViolation, "the response is not HTTP: \(words)")
        case CURLE_RECV_ERROR where words.contains("chunked"):
            return (.protocolViolation, "the response is not HTTP: \(words)")
        case CURLE_OUT_OF_MEMORY where !handle.reader.isComplete:
            // What libcurl says to a single line that never ends.
            return (.headersTooLarge, "a line of the response's head has no end")
        case CURLE_GOT_NOTHING:
            return (.connectionLost, "the server closed the connection without a response")
        case CURLE_PARTIAL_FILE:
            return (.connectionLost, "the connection ended before the body was complete: \(words)")
        case CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_SEND_FAIL_REWIND, CURLE_HTTP2_STREAM:
            return (.connectionLost, "the connection was lost: \(words)")
        default:
            return (.failed, "libcurl says: \(words) (\(status.rawValue))")
        }
    }
}
