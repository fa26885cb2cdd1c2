import NIOConcurrencyHelpers
import Reactor

/// The addresses of host names, remembered for a while; asked by the tasks that send, before libcurl sees a request.
///
/// The first who asks after the time is over looks the name up again; meanwhile, and when that fails, the old addresses
/// are used: a name server that is away must not take providers away that are there.
final class NameSource: Sendable {
    /// The addresses of one name as of one look-up. Its identity tells a pool whether it knows them already.
    final class Addresses: Sendable {
        let list: [String]

        init(_ list: [String]) {
            self.list = list
        }
    }

    private enum Entry {
        /// Nothing is known yet; one caller asks, the others wait for it to end.
        case asking([Reply<Void>])
        case known(Addresses, renewal: ContinuousClock.Instant)
    }

    private enum Answer {
        case known(Addresses)
        case ask
        case wait(Reply<Void>)
    }

    /// How long to go on with old addresses before a failed look-up is tried again.
    private static let retryInterval = Duration.seconds(5)

    private let lifetime: Duration
    private let limit: Int
    private let entries = NIOLockedValueBox<[String: Entry]>([:])
    private let lookUp: @Sendable (String, Duration) async throws -> [String]

    /// - Parameters:
    ///   - lifetime: How long addresses are used without asking again.
    ///   - limit: How many names are remembered.
    ///   - lookUp: Gives the addresses of a name within a time.
    init(
        lifetime: Duration,
        limit: Int,
        lookUp: @escaping @Sendable (String, Duration) async throws -> [String] = { name, timeout in
            try await NameResolver.shared.addresses(of: name, timeout: timeout)
        }
    ) {
        self.lifetime = lifetime
        self.limit = limit
        self.lookUp = lookUp
    }

    static func isAddress(_ text: String) -> Bool {
        NameResolver.isAddress(text)
    }

    /// The addresses of a name; without waiting when they are remembered.
    ///
    /// - Parameters:
    ///   - name: A host name.
    ///   - timeout: How long one look-up may take.
    /// - Returns: The addresses, old ones when there are no new ones to be had.
    /// - Throws: What the look-up throws if nothing is remembered, or `CancellationError`.
    func addresses(of name: String, within timeout: Duration) async throws -> Addresses {
        while true {
            switch self.remembered(name) {
            case .known(let addresses):
                return addresses
            case .ask:
                return try await self.ask(name, within: timeout)
            case .wait(let reply):
                try await reply.value()
            }
        }
    }

    private func remembered(_ name: String) -> Answer {
        self.entries.withLockedValue { entries in
            switch entries[name] {
            case .known(let addresses, let renewal):
                let now = ContinuousClock.now
                guard renewal <= now else { return .known(addresses) }
                // Whoever comes while this caller asks uses the old ones.
                entries[name] = .known(addresses, renewal: now + Self.retryInterval)
                return .ask
            case .asking(let waiting):
                let reply = Reply<Void>()
                entries[name] = .asking(waiting + [reply])
                return .wait(reply)
            case nil:
                entries[name] = .asking([])
                return .ask
            }
        }
    }

    private func ask(_ name: String, within timeout: Duration) async throws -> Addresses {
        let result: Result<[String], any Error>
        do {
            result = .success(try await self.lookUp(name, timeout))
        } catch {
            result = .failure(error)
        }
        let (answer, waiting) = self.entries.withLockedValue {
            entries -> (Result<Addresses, any Error>, [Reply<Void>]) in
            let waiting: [Reply<Void>]
            let old: Addresses?
            switch entries[name] {
            case .asking(let replies): (waiting, old) = (replies, nil)
            case .known(let addresses, _): (waiting, old) = ([], addresses)
            case nil: (waiting, old) = ([], nil)
            }
            switch result {
            case .success(let list):
                let now = ContinuousClock.now
                let addresses = old.flatMap { $0.list == list ? $0 : nil } ?? Addresses(list)
                Self.makeRoom(in: &entries, upTo: self.limit, at: now)
                entries[name] = .known(addresses, renewal: now + self.lifetime)
                return (.success(addresses), waiting)
            case .failure(let error):
                if let old, !(error is CancellationError) { return (.success(old), waiting) }
                if old == nil { entries[name] = nil }
                return (.failure(error), waiting)
            }
        }
        // A cancelled caller says nothing about the name: whoever waited for it asks again.
        let news: Result<Void, any Error>
        switch answer {
        case .success: news = .success(())
        case .failure(let error): news = error is CancellationError ? .success(()) : .failure(error)
        }
        for reply in waiting { reply.answer(news) }
        return try answer.get()
    }

    private static func makeRoom(in entries: inout [String: Entry], upTo limit: Int, at now: ContinuousClock.Instant) {
        guard entries.count > limit else { return }
        entries = entries.filter { entry in
            switch entry.value {
            case .asking: true
            case .known(_, let renewal): renewal > now
            }
        }
        guard entries.count > limit else { return }
        entries = entries.filter { entry in
            switch entry.value {
            case .asking: true
            case .known: false
            }
        }
    }
}
