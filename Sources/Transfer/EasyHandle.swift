import CCurl
import HTTPTypes
import NIOCore
import Reactor

/// One easy handle of libcurl and what a running transfer needs beside it. Owned by an ``Engine``, used for one transfer
/// after another, and touched on the engine's thread only: by the engine, and by libcurl's callbacks while the engine
/// calls libcurl.
///
/// What never changes is set once. What differs between requests is set anew for each of them, all of it, so that
/// nothing of an earlier request can be left; that is cheaper than `curl_easy_reset` and setting everything again.
final class EasyHandle {
    let raw: UnsafeMutableRawPointer
    let number: Int
    let names: FieldNames
    let configuration: TransferConfiguration

    /// The engine outlives its handles: it frees them before it ends.
    private unowned(unsafe) let engine: Engine
    private var list = HeaderList()
    private let errorText: UnsafeMutablePointer<CChar>
    private var bodyStorage: Unmanaged<AnyObject>?

    var exchange: Exchange?
    var route: Route?
    var reader: ResponseHeadReader
    /// Why a callback broke the transfer off.
    var failure: (code: TransferError.Code, reason: String)?
    var isTouched = false
    var isHeadHandedOver = false
    var hasNotedIdleTime = false
    var isReceivingPaused = false
    var isSendingPaused = false
    var attempts = 0
    var bodyBytes = 0
    var connectedAt: ContinuousClock.Instant?
    var firstByteAt: ContinuousClock.Instant?
    var lastActivity: ContinuousClock.Instant

    /// Makes a handle and sets what never changes.
    ///
    /// - Parameters:
    ///   - number: What the engine knows it by.
    ///   - engine: Who owns it.
    ///   - share: What handles have in common.
    ///   - version: Which version of HTTP it speaks.
    ///   - names: The names of header fields that came before.
    ///   - configuration: Limits and trust.
    ///   - now: The turn of the loop.
    /// - Throws: ``TransferError`` if libcurl has no memory or lacks something.
    init(
        number: Int,
        engine: Engine,
        share: UnsafeMutableRawPointer,
        version: TransferRequest.Version,
        names: FieldNames,
        configuration: TransferConfiguration,
        now: ContinuousClock.Instant
    ) throws(TransferError) {
        guard let raw = curl_easy_init() else {
            throw TransferError(.failed, host: "libcurl", reason: "no memory for an easy handle")
        }
        self.raw = raw
        self.number = number
        self.engine = engine
        self.names = names
        self.configuration = configuration
        self.lastActivity = now
        self.reader = ResponseHeadReader(maximumBytes: 0, maximumFields: 0)
        self.errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        self.errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        try self.setForEver(share: share, version: version)
        try self.setCallbacks()
    }

    deinit {
        curl_easy_cleanup(self.raw)
        self.bodyStorage?.release()
        self.errorText.deallocate()
    }

    private func setForEver(share: UnsafeMutableRawPointer, version: TransferRequest.Version) throws(TransferError) {
        let configuration = self.configuration
        try self.set(CURLOPT_NOSIGNAL, 1)
        try self.set(CURLOPT_PROTOCOLS_STR, "http,https")
        try self.set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1)
        try self.set(CURLOPT_PATH_AS_IS, 1)
        // Without this libcurl obeys `http_proxy` and its kin, and keys would go where the environment says.
        try self.set(CURLOPT_PROXY, "")
        try self.set(CURLOPT_HTTP09_ALLOWED, 0)
        try self.set(CURLOPT_TCP_NODELAY, 1)
        try self.set(CURLOPT_TCP_KEEPALIVE, 1)
        try self.set(CURLOPT_MAXAGE_CONN, configuration.connectionIdleAge.wholeSeconds)
        try self.set(CURLOPT_MAXLIFETIME_CONN, configuration.connectionLifetime.wholeSeconds)
        try self.set(CURLOPT_DNS_CACHE_TIMEOUT, Route.lifetime.wholeSeconds * 4)
        switch version {
        case .http1:
            try self.set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        case .http2IfOffered:
            try self.set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
        }
        if let roots = configuration.trustedRoots {
            try self.set(CURLOPT_CAINFO, roots)
            try self.check(transfer_set_string(self.raw, CURLOPT_CAPATH, nil))
        }
        try self.check(transfer_set_pointer(self.raw, CURLOPT_SHARE, share))
        try self.check(transfer_set_pointer(self.raw, CURLOPT_ERRORBUFFER, self.errorText))
        // The engine owns the handle and keeps it while libcurl knows it.
        try self.check(
            transfer_set_pointer(self.raw, CURLOPT_PRIVATE, Unmanaged.passUnretained(self).toOpaque())
        )
    }

    // MARK: One transfer

    /// Sets everything that one request asks for.
    ///
    /// - Parameters:
    ///   - exchange: The request, and who waits for its response.
    ///   - route: The addresses of its host, if the pool does not know them yet.
    ///   - now: The turn of the loop.
    /// - Throws: ``TransferError`` if the request cannot be sent as it is.
    func prepare(_ exchange: Exchange, over route: Route?, now: ContinuousClock.Instant) throws(TransferError) {
        let request = exchange.request
        self.exchange = exchange
        self.route = route
        self.reader = ResponseHeadReader(
            maximumBytes: self.configuration.maximumHeaderBytes,
            maximumFields: self.configuration.maximumHeaderFields
        )
        self.failure = nil
        self.isHeadHandedOver = false
        self.hasNotedIdleTime = false
        self.isReceivingPaused = false
        self.isSendingPaused = false
        self.attempts = 0
        self.bodyBytes = 0
        self.connectedAt = nil
        self.firstByteAt = nil
        self.lastActivity = now
        self.errorText[0] = 0

        try self.set(CURLOPT_URL, request.url)
        try self.set(CURLOPT_CONNECTTIMEOUT_MS, max(1, request.timeouts.connect.wholeMilliseconds))
        try self.check(transfer_set_list(self.raw, CURLOPT_RESOLVE, route?.list))
        try self.check(
            transfer_set_string(self.raw, CURLOPT_ACCEPT_ENCODING, request.decompress ? "gzip, deflate" : nil)
        )
        // For HTTP/2 only, and only where TLS tells soon whether it is: over HTTP/1.1 everyone would wait for the first.
        let waits = request.version == .http2IfOffered && exchange.origin.scheme == .https
        try self.set(CURLOPT_PIPEWAIT, waits ? 1 : 0)
        try self.setBody(of: request, exchange.upload)
        try self.setHeaders(of: request, exchange)
    }

    private func setBody(of request: TransferRequest, _ upload: Upload?) throws(TransferError) {
        self.bodyStorage?.release()
        self.bodyStorage = nil
        // In this order: setting the fields makes a POST of it, `HTTPGET` takes that back, and `NOBODY` too.
        try self.check(transfer_set_pointer(self.raw, CURLOPT_POSTFIELDS, nil))
        try self.set(CURLOPT_HTTPGET, 1)
        let method = request.method
        var usual = HTTPRequest.Method.get
        switch request.body {
        case .none where method == .head:
            try self.set(CURLOPT_NOBODY, 1)
            usual = .head
        case .none where method == .post || method == .put || method == .patch:
            try self.set(CURLOPT_POSTFIELDS, bytes: ByteBuffer())
            usual = .post
        case .none:
            break
        case .bytes(let bytes):
            try self.set(CURLOPT_POSTFIELDS, bytes: bytes)
            usual = .post
        case .stream:
            try self.set(CURLOPT_POST, 1)
            let length = curl_off_t(upload?.length ?? -1)
            try self.check(transfer_set_offset(self.raw, CURLOPT_POSTFIELDSIZE_LARGE, length))
            usual = .post
        }
        if method == usual {
            try self.check(transfer_set_string(self.raw, CURLOPT_CUSTOMREQUEST, nil))
        } else {
            try self.set(CURLOPT_CUSTOMREQUEST, method.rawValue)
        }
    }

    private func set(_ option: CURLoption, bytes: ByteBuffer) throws(TransferError) {
        let size = curl_off_t(bytes.readableBytes)
        try self.check(transfer_set_offset(self.raw, CURLOPT_POSTFIELDSIZE_LARGE, size))
        // libcurl reads them where they are; retained, and never written by others while there are two owners.
        let status = bytes.withUnsafeReadableBytesWithStorageManagement { bytes, storage in
            self.bodyStorage = storage.retain()
            return transfer_set_pointer(self.raw, option, bytes.baseAddress ?? UnsafeRawPointer(self.errorText))
        }
        try self.check(status)
    }

    private func setHeaders(of request: TransferRequest, _ exchange: Exchange) throws(TransferError) {
        self.list.clear()
        // What libcurl would send by itself: an `Expect` costs a second where a server does not know it.
        self.list.add("Expect:")
        var (hasAccept, hasType) = (false, false)
        for field in request.headers {
            switch ConnectionField(field.name.canonicalName) {
            case .ofTheConnection: continue
            case .accept: hasAccept = true
            case .contentType: hasType = true
            case .other: break
            }
            if let refusal = self.list.add(field) { throw exchange.error(.invalidHeader, refusal) }
        }
        if !hasAccept { self.list.add("Accept:") }
        if !hasType { self.list.add("Content-Type:") }
        try self.check(transfer_set_list(self.raw, CURLOPT_HTTPHEADER, self.list.finished()))
    }

    /// Forgets the transfer, which libcurl must have forgotten before.
    func forget() {
        self.exchange = nil
        self.route = nil
        self.bodyStorage?.release()
        self.bodyStorage = nil
        self.failure = nil
    }

    // MARK: What it knows

    /// libcurl's own words for the last failure.
    var lastError: String {
        String(cString: self.errorText)
    }

    /// One number that libcurl counts; nil if it does not.
    func number(_ info: CURLINFO) -> Int? {
        var value = 0
        return transfer_get_long(self.raw, info, &value) == CURLE_OK ? value : nil
    }

    /// Whether any byte of the request was given to the network.
    var hasSent: Bool {
        (self.number(CURLINFO_REQUEST_SIZE) ?? 1) > 0
    }

    /// Marks that a callback brought something, so that the engine looks at it when the turn ends.
    func touch() {
        guard !self.isTouched else { return }
        self.isTouched = true
        let number = self.number
        self.lastActivity = self.engine.assumeIsolated { $0.touched(number) }
    }

    // MARK: Setting options

    func set(_ option: CURLoption, _ value: Int) throws(TransferError) {
        try self.check(transfer_set_long(self.raw, option, value))
    }

    private func set(_ option: CURLoption, _ value: String) throws(TransferError) {
        try self.check(transfer_set_string(self.raw, option, value))
    }

    func check(_ status: CURLcode) throws(TransferError) {
        guard status != CURLE_OK else { return }
        throw TransferError(
            .failed,
            host: self.exchange?.origin.displayName ?? "libcurl",
            reason: "libcurl refuses an option: \(String(cString: curl_easy_strerror(status)))"
        )
    }
}

/// What a field of a request is to the client.
private enum ConnectionField {
    case ofTheConnection, accept, contentType, other

    init(_ name: String) {
        // By length first: most names are none of these.
        switch name.utf8.count {
        case 2 where name == "te", 6 where name == "expect", 7 where name == "upgrade" || name == "trailer",
            10 where name == "connection" || name == "keep-alive", 14 where name == "content-length",
            16 where name == "proxy-connection", 17 where name == "transfer-encoding":
            self = .ofTheConnection
        case 6 where name == "accept":
            self = .accept
        case 12 where name == "content-type":
            self = .contentType
        default:
            self = .other
        }
    }
}

extension Duration {
    var wholeSeconds: Int { Int(clamping: self.components.seconds) }

    var wholeMilliseconds: Int {
        let (seconds, attoseconds) = self.components
        guard seconds < 1_000_000_000 else { return 1_000_000_000_000 }
        return Int(seconds) * 1_000 + Int(attoseconds / 1_000_000_000_000_000)
    }
}
