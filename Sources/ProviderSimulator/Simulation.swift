import JSON
import NIOConcurrencyHelpers
import NIOHTTP1

/// Turns requests into deliveries: finds the provider, decides how the answer shall behave, has it answered.
///
/// Shared by all connections. Its state is a value in a lock, held for as long as it takes to read or change it; no answer is
/// made inside.
final class Simulation: Sendable {
    struct State: Sendable {
        var shelf: Shelf
        var book: FaultBook
        var log: RequestLog
        var counts = Counts()
        var sequence: UInt64
        var date: (second: Int, text: String) = (0, "")
    }

    let configuration: SimulatorConfiguration
    let connections: Connections
    let state: NIOLockedValueBox<State>

    /// Where requests to the simulator itself begin.
    static let controlPrefix = "/_simulator"

    init(_ configuration: SimulatorConfiguration, shelf: Shelf) {
        self.configuration = configuration
        self.connections = Connections(limit: configuration.mostConnections)
        var book = FaultBook(seed: configuration.seed)
        for rule in configuration.rules { _ = book.add(rule) }
        let log = RequestLog(capacity: configuration.keptRequests, bytes: configuration.keptBytes)
        self.state = NIOLockedValueBox(State(shelf: shelf, book: book, log: log, sequence: configuration.seed))
    }

    var largestBody: Int { self.configuration.largestBody }

    /// Plans the answer to a request.
    ///
    /// - Parameters:
    ///   - head: its head.
    ///   - body: its whole body.
    ///   - isTooLarge: whether the body was larger than is accepted, and is missing.
    ///   - keepsConnection: whether the connection shall serve another request.
    /// - Returns: what to write, and when.
    func delivery(for head: HTTPRequestHead, body: [UInt8], isTooLarge: Bool, keepsConnection: Bool) -> Delivery {
        let (path, query) = RequestTarget.split(head.uri)
        let answer: Answer
        var behaviour = Behaviour.ordinary
        let isControl = path == "/" || path == Self.controlPrefix || path.hasPrefix(Self.controlPrefix + "/")
        if isControl {
            answer = ControlInterface(self).answer(head.method, path, query, body)
        } else {
            let found = SimulatedProviders.find(path: path, hostHeader: head.headers.first(name: "host"))
            let request = InboundRequest(
                method: head.method,
                host: found.host,
                path: found.path,
                query: query,
                headers: head.headers,
                body: body
            )
            (answer, behaviour) = self.answer(request, from: found.provider, isTooLarge: isTooLarge)
        }
        return Delivery(
            answer,
            behaviour,
            version: head.version,
            keepsConnection: keepsConnection,
            date: self.date(),
            isCounted: !isControl
        )
    }

    /// A delivery was made, wholly or as far as it was meant to.
    func ended(_ delivery: Delivery) {
        guard delivery.isCounted else { return }
        self.state.withLockedValue { state in
            state.counts.active -= 1
            state.counts.answered += 1
            state.counts.events += delivery.events
        }
    }

    /// The client went away before its answer was complete.
    func clientLeft(_ delivery: Delivery) {
        guard delivery.isCounted else { return }
        self.state.withLockedValue { state in
            state.counts.active -= 1
            state.counts.disconnects += 1
            state.counts.cancelledStreams += delivery.isStream ? 1 : 0
            state.counts.events += delivery.events
        }
    }

    // MARK: One request

    private func answer(
        _ request: InboundRequest,
        from provider: any SimulatedProvider,
        isTooLarge: Bool
    ) -> (Answer, Behaviour) {
        var body: RequestBody?
        var bodyError: JSONError?
        if request.method == .POST, !request.body.isEmpty {
            do { body = try RequestBody(request.body) } catch { bodyError = error }
        }
        let asked = Self.directives(request, body)
        let (list, ruled, sequence) = self.state.withLockedValue { state in
            state.sequence &+= 1
            state.counts.began(request.host)
            state.log.record(request, sequence: state.sequence)
            let ruled = state.book.behaviour(
                host: request.host,
                slug: provider.slug,
                path: request.path,
                model: body?.model
            )
            return (state.shelf[provider.slug], ruled, state.sequence)
        }
        do throws(Refusal) {
            if isTooLarge { throw Refusal(.tooLarge) }
            guard let list else { throw Refusal(.serverError, "no list of models") }
            var behaviour = self.configuration.behaviour.overridden(by: ruled)
            do {
                behaviour = behaviour.overridden(by: try asked.get())
            } catch {
                throw Refusal(.badRequest, "X-Simulate: \(error.description)")
            }
            let call = Call(
                request: request,
                list: list,
                body: body,
                bodyError: bodyError,
                tokens: behaviour.tokens,
                acceptedKey: self.configuration.acceptedKeys[provider.slug],
                acceptsUnknownModels: self.configuration.acceptsUnknownModels || provider.slug == Generic.slug,
                now: Timestamp.now,
                sequence: sequence
            )
            return (try Self.answer(call, behaviour, provider), behaviour)
        } catch {
            return (Self.answer(error, provider, path: request.path), .ordinary)
        }
    }

    /// The provider's answer, with what deviates in its content.
    private static func answer(
        _ call: Call,
        _ behaviour: Behaviour,
        _ provider: any SimulatedProvider
    ) throws(Refusal) -> Answer {
        var answer: Answer
        if behaviour.garbling == .html {
            answer = Answer(status: behaviour.status ?? 200, contentType: "text/html; charset=utf-8", .whole(Self.page))
        } else if let status = behaviour.status {
            answer = Self.answer(Refusal(simulatedStatus: status), provider, path: call.path)
        } else {
            do {
                answer = try provider.answer(call)
            } catch {
                answer = Self.answer(error, provider, path: call.path)
            }
            Self.garble(&answer, behaviour.garbling, provider, path: call.path)
        }
        if let seconds = behaviour.retryAfter { answer.headers.append(("retry-after", String(seconds))) }
        return answer
    }

    private static func answer(_ refusal: Refusal, _ provider: any SimulatedProvider, path: String) -> Answer {
        .json(provider.body(for: refusal, path: path), status: provider.status(of: refusal, path: path))
    }

    private static func garble(
        _ answer: inout Answer,
        _ garbling: Behaviour.Garbling?,
        _ provider: any SimulatedProvider,
        path: String
    ) {
        switch (garbling, answer.body) {
        case (.invalidJSON, .whole(let bytes)):
            answer.body = .whole(Array(bytes.prefix(bytes.count / 2)))
        case (.invalidJSON, .stream(var stream)):
            stream.substitute(
                stream.count / 2,
                by: Array("data: {\"id\":\"chatcmpl-broken\",\"choices\":[{\"ind\n\n".utf8)
            )
            answer.body = .stream(stream)
        case (.errorEvent, .stream(var stream)):
            stream.end(after: stream.count / 2, with: provider.streamError(path: path))
            answer.body = .stream(stream)
        case (.errorEvent, .whole), (.html, _), (nil, _): break
        }
    }

    private static let page = Array(
        """
        <!DOCTYPE html>
        <html><head><title>Bad gateway</title></head>
        <body><center><h1>Bad gateway</h1></center><hr><center>simulator</center></body></html>

        """.utf8
    )

    /// What the request itself asks for: in its prompt, its model's name, its header; the later ones win.
    private static func directives(_ request: InboundRequest, _ body: RequestBody?) -> Result<Behaviour, BehaviourError>
    {
        do throws(BehaviourError) {
            var behaviour = Behaviour.ordinary
            // A prompt may begin like a directive and be none.
            if let text = body?.promptDirective, let asked = try? Behaviour(parsing: text) { behaviour = asked }
            if let text = body?.modelDirective { behaviour = behaviour.overridden(by: try Behaviour(parsing: text)) }
            if let text = request.headers.first(name: "x-simulate") {
                behaviour = behaviour.overridden(by: try Behaviour(parsing: text))
            }
            return .success(behaviour)
        } catch {
            return .failure(error)
        }
    }

    /// The `Date` header, spelled once a second.
    private func date() -> String {
        let now = Timestamp.now
        return self.state.withLockedValue { state in
            if state.date.second != now { state.date = (now, Timestamp.http(now)) }
            return state.date.text
        }
    }
}
