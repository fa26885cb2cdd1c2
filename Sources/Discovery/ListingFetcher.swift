import FoundationEssentials
import HTTPTypes
package import Logging
import NIOCore
package import Providers
package import Registry
import Secrets
package import Transfer

/// Reads a provider's whole list over the network: page after page, with the provider's key, within limits.
///
/// What to ask and how to read the answers is the business of the provider's definition, which does no I/O; this does
/// the I/O and knows no provider.
package struct ListingFetcher: Sendable {
    /// Bounds of one reading.
    package struct Limits: Sendable {
        /// Bytes of one page, when unpacked.
        package var pageBytes = 64 << 20
        /// How long one page may take.
        package var pageTime = Duration.seconds(60)
        /// How long all pages may take.
        package var listTime = Duration.seconds(300)
        /// How often a page is asked for before the list is given up.
        package var attempts = 3
        /// The longest wait that a provider may ask for before the list is given up.
        package var longestWait = Duration.seconds(30)

        /// The limits of production.
        package init() {}
    }

    /// Why there is no list.
    package enum Failure: Error {
        /// It was not tried, or nobody is there who would have to be: no fault.
        case skipped(String)
        /// It was tried.
        case failed(String)
    }

    private let transfer: TransferClient
    private let environment: ProviderEnvironment
    private let limits: Limits
    private let logger: Logger

    /// - Parameters:
    ///   - transfer: The client of all traffic to providers.
    ///   - environment: Keys and addresses.
    ///   - limits: Bounds of one reading.
    ///   - logger: Told of repeated attempts.
    package init(
        transfer: TransferClient,
        environment: ProviderEnvironment,
        limits: Limits = Limits(),
        logger: Logger
    ) {
        self.transfer = transfer
        self.environment = environment
        self.limits = limits
        self.logger = logger
    }

    /// Reads the list.
    ///
    /// - Parameter provider: The provider's row.
    /// - Returns: Every model, each id once, and what was left out and why.
    /// - Throws: ``Failure``, or `CancellationError`.
    package func list(of provider: Provider) async throws -> ListedModels {
        guard let definition = ProviderCatalog.definition(slug: provider.slug, adapter: provider.adapter) else {
            throw Failure.failed(
                "the adapter “\(provider.adapter)” is not known; use openai-compatible for whatever speaks as OpenAI does"
            )
        }
        let key = try self.key(of: provider, definition)
        let deadline = ContinuousClock.now + self.limits.listTime
        do {
            var run = ListingRun(
                definition.listing,
                context: try self.context(of: provider, definition, hasKey: key != nil)
            )
            while let request = run.next {
                guard ContinuousClock.now < deadline else {
                    throw Failure.failed("the list was not complete after \(self.limits.listTime)")
                }
                do {
                    try run.read(try await self.fetch(request, provider, definition, key))
                } catch let error as TransferError where error.code != .cancelled && run.canSkipNext {
                    run.skipNext(because: error.description)
                }
            }
            var listed = try run.result()
            for note in listed.notes {
                self.logger.warning("list is not whole", metadata: ["provider": "\(provider.slug)", "note": "\(note)"])
            }
            if let followUp = definition.listing.followUp, key != nil || !followUp.needsKey {
                try await self.ask(followUp, about: &listed, provider, definition, key, until: deadline)
            }
            return listed
        } catch let error as ListingError {
            throw Failure.failed(error.description)
        } catch let error as DestinationError {
            throw Failure.failed(error.description)
        } catch let error as TransferError {
            if error.code == .cancelled { throw CancellationError() }
            if definition.mayBeAbsent, [.connectionRefused, .nameNotResolved, .unreachable].contains(error.code) {
                throw Failure.skipped(
                    "nobody answers at \(error.host); start \(definition.name) or switch the provider off"
                )
            }
            throw Failure.failed(error.description)
        }
    }

    private func key(of provider: Provider, _ definition: ProviderDefinition) throws(Failure) -> Secret? {
        let key: ProviderEnvironment.Key
        do {
            key = try self.environment.key(
                slug: provider.slug,
                rowVariable: provider.keyVariable,
                definition: definition
            )
        } catch {
            throw .failed(error.description)
        }
        if key.secret == nil, definition.listing.key == .required {
            throw .skipped("no key is set; set \(key.variables.joined(separator: " or "))")
        }
        return definition.listing.key == .none ? nil : key.secret
    }

    private func context(
        of provider: Provider,
        _ definition: ProviderDefinition,
        hasKey: Bool
    ) throws -> ListingContext {
        let destination = try Destination.resolve(
            "",
            slug: provider.slug,
            rowBaseURL: provider.baseURL,
            definition: definition,
            policy: self.environment.policy
        )
        return ListingContext(host: destination.provider.host, hasKey: hasKey)
    }

    /// Asks what the list leaves out. What cannot be had leaves a model as the list described it.
    private func ask(
        _ followUp: FollowUp,
        about listed: inout ListedModels,
        _ provider: Provider,
        _ definition: ProviderDefinition,
        _ key: Secret?,
        until deadline: ContinuousClock.Instant
    ) async throws {
        var start = 0
        while start < listed.models.count, ContinuousClock.now < deadline {
            let range = start..<min(start + followUp.batch, listed.models.count)
            let asked = Array(listed.models[range])
            do {
                let answer = try await self.fetch(followUp.request(asked), provider, definition, key)
                listed.models.replaceSubrange(range, with: try followUp.read(answer, about: asked))
            } catch let error as ListingError {
                self.logger.warning(
                    "model is taken as the list describes it",
                    metadata: ["model": "\(asked.first?.providerModelID ?? "")", "error": "\(error)"]
                )
            }
            start = range.upperBound
        }
    }

    private func fetch(
        _ request: ListingRequest,
        _ provider: Provider,
        _ definition: ProviderDefinition,
        _ key: Secret?
    ) async throws -> ListingResponse {
        let destination = try Destination.resolve(
            request,
            slug: provider.slug,
            rowBaseURL: provider.baseURL,
            definition: definition,
            policy: self.environment.policy
        )
        if key != nil, let refusal = destination.keyRefusal, definition.listing.key == .required {
            throw Failure.failed(refusal)
        }
        var headers = definition.listing.authentication.fields(key: destination.mayCarryKey ? key : nil)
        headers.append(contentsOf: request.fields)
        if headers[.accept] == nil { headers[.accept] = "application/json" }
        var transferred = TransferRequest(
            method: request.method,
            url: destination.url,
            headers: headers,
            body: request.body.isEmpty ? .none : .bytes(ByteBuffer(bytes: request.body)),
            timeouts: .init(
                connect: .seconds(10),
                firstByte: self.limits.pageTime,
                idle: .seconds(30),
                total: self.limits.pageTime
            ),
            version: .http2IfOffered,
            decompress: true
        )
        transferred.decompressedLimit = self.limits.pageBytes
        transferred.isRepeatable = true

        var attempt = 1
        while true {
            do {
                let response = try await self.transfer.send(transferred)
                let body = try await response.body.collect(upTo: self.limits.pageBytes)
                let listing = ListingResponse(
                    status: response.status.code,
                    fields: response.headers,
                    body: Array(body.readableBytesView)
                )
                guard attempt < self.limits.attempts, let wait = self.wait(before: attempt, retrying: listing) else {
                    return listing
                }
                try await self.pause(wait, attempt, provider, "status \(listing.status)")
            } catch let error as TransferError {
                guard attempt < self.limits.attempts, Self.mayPass(error), !definition.mayBeAbsent else { throw error }
                try await self.pause(self.backoff(attempt), attempt, provider, error.description)
            }
            attempt += 1
        }
    }

    /// How long to wait before asking again; `nil` if the answer is final.
    private func wait(before attempt: Int, retrying response: ListingResponse) -> Duration? {
        guard response.status == 429 || response.status == 408 || (500..<600).contains(response.status) else {
            return nil
        }
        // RFC 9110, section 10.2.3; the form with a date is left to the backoff.
        guard let asked = response.fields[.retryAfter].flatMap({ Double($0) }), asked >= 0, asked.isFinite else {
            return self.backoff(attempt)
        }
        let wait = Duration.seconds(asked)
        return wait <= self.limits.longestWait ? wait : nil
    }

    private func backoff(_ attempt: Int) -> Duration {
        .milliseconds(250 << attempt) * Double.random(in: 0.5...1.5)
    }

    private func pause(_ wait: Duration, _ attempt: Int, _ provider: Provider, _ reason: String) async throws {
        self.logger.info(
            "list is asked for again",
            metadata: [
                "provider": "\(provider.slug)", "attempt": "\(attempt + 1)", "after": "\(wait)", "because": "\(reason)",
            ]
        )
        try await Task.sleep(for: wait)
    }

    private static func mayPass(_ error: TransferError) -> Bool {
        [.connectionRefused, .connectionLost, .connectTimedOut, .firstByteTimedOut, .idleTimedOut, .nameNotResolved]
            .contains(error.code)
    }
}
