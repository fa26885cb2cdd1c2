import JSON
import NIOConcurrencyHelpers
import NIOHTTP1

/// The simulator's own endpoints, under `/_simulator`: what it saw, how it behaves, what it lists.
struct ControlInterface {
    private let simulation: Simulation

    init(_ simulation: Simulation) {
        self.simulation = simulation
    }

    /// The endpoints, one a line, for people.
    static let summary = """
        GET    /_simulator            this text
        GET    /_simulator/state      counts: requests, answers, events, clients
                                      that went away
        DELETE /_simulator/state      count from zero
        GET    /_simulator/requests   the last requests: method, host, path, names
                                      of headers, body
        DELETE /_simulator/requests   forget them
        GET    /_simulator/faults     the rules in force
        POST   /_simulator/faults     add one: {"simulate": "status=429"} and, where
                                      wanted, "host", "path" (how it begins),
                                      "model", "probability" (0...1), "count"
                                      (of requests)
        DELETE /_simulator/faults     remove all; /_simulator/faults/ID only one
        GET    /_simulator/lists      the lists that each provider can serve
        POST   /_simulator/lists/SLUG serve another: {"recording": "models-1.json"}
        PUT    /_simulator/lists/SLUG serve the body, a list in the provider's shape;
                                      with ?as-is, whatever it is
        DELETE /_simulator/lists/SLUG serve what was served at the start

        """

    private struct Failure: Error {
        let status: Int
        let message: String
    }

    func answer(
        _ method: HTTPMethod,
        _ path: String,
        _ query: [(name: String, value: String)],
        _ body: [UInt8]
    ) -> Answer {
        let parts = path.split(separator: "/", omittingEmptySubsequences: true).dropFirst().map(String.init)
        do throws(Failure) {
            return try self.answer(method, parts, query, body)
        } catch {
            let body: JSONValue = ["error": ["message": .string(error.message)]]
            return .json(body.serialized(.pretty) + Array("\n".utf8), status: error.status)
        }
    }

    private func answer(
        _ method: HTTPMethod,
        _ parts: [String],
        _ query: [(name: String, value: String)],
        _ body: [UInt8]
    ) throws(Failure) -> Answer {
        switch (method, parts.first, parts.dropFirst().first) {
        case (.GET, nil, _):
            return Answer(contentType: "text/plain; charset=utf-8", .whole(Array(Self.summary.utf8)))
        case (.GET, "state", nil): return Self.answer(self.state())
        case (.DELETE, "state", nil):
            self.simulation.state.withLockedValue { $0.counts.clear() }
            return Self.answer(self.state())
        case (.GET, "requests", nil): return Self.answer(self.requests())
        case (.DELETE, "requests", nil):
            self.simulation.state.withLockedValue { $0.log.removeAll() }
            return Self.answer(self.requests())
        case (.GET, "faults", nil): return Self.answer(self.faults())
        case (.POST, "faults", nil): return Self.answer(try self.addFault(body), status: 201)
        case (.DELETE, "faults", nil):
            self.simulation.state.withLockedValue { $0.book.removeAll() }
            return Self.answer(self.faults())
        case (.DELETE, "faults", .some(let id)):
            guard let number = Int(id), self.simulation.state.withLockedValue({ $0.book.remove(id: number) }) else {
                throw Failure(status: 404, message: "There is no rule \(id).")
            }
            return Self.answer(self.faults())
        case (.GET, "lists", nil): return Self.answer(self.lists())
        case (.POST, "lists", .some(let slug)): return Self.answer(try self.selectList(slug, body))
        case (.PUT, "lists", .some(let slug)):
            return Self.answer(try self.putList(slug, body, isAsIs: query.contains { $0.name == "as-is" }))
        case (.DELETE, "lists", .some(let slug)):
            self.simulation.state.withLockedValue { $0.shelf.restore(slug) }
            return Self.answer(self.lists())
        default:
            throw Failure(status: 404, message: "There is no such endpoint. There are:\n\(Self.summary)")
        }
    }

    private static func answer(_ value: JSONValue, status: Int = 200) -> Answer {
        .json(value.serialized(.pretty) + Array("\n".utf8), status: status)
    }

    // MARK: What was seen

    private func state() -> JSONValue {
        let counts = self.simulation.state.withLockedValue { $0.counts }
        let hosts = counts.hosts.sorted { $0.key < $1.key }.map { (key: $0.key, value: JSONValue($0.value)) }
        return [
            "requests": JSONValue(counts.requests),
            "answered": JSONValue(counts.answered),
            "disconnects": JSONValue(counts.disconnects),
            "cancelled_streams": JSONValue(counts.cancelledStreams),
            "events": JSONValue(counts.events),
            "active": JSONValue(counts.active),
            "connections": JSONValue(self.simulation.connections.count),
            "hosts": .object(JSONObject(hosts)),
        ]
    }

    private func requests() -> JSONValue {
        let entries = self.simulation.state.withLockedValue { $0.log.entries }
        return ["requests": .array(entries.map(Self.description))]
    }

    private static func description(_ entry: RequestLog.Entry) -> JSONValue {
        let query = entry.query.map { (key: $0.name, value: JSONValue.string($0.value)) }
        // Bytes that are no text are shown in base64 only.
        let text = String(validating: entry.body, as: UTF8.self)
        return [
            "sequence": JSONValue(entry.sequence),
            "method": .string(entry.method.rawValue),
            "host": .string(entry.host),
            "path": .string(entry.path),
            "query": .object(JSONObject(query)),
            "header_names": JSONValue(entry.headerNames),
            "body": JSONValue(text),
            "body_base64": .string(Base64.encoded(entry.body)),
        ]
    }

    // MARK: How it behaves

    private func faults() -> JSONValue {
        let entries = self.simulation.state.withLockedValue { $0.book.entries }
        return ["faults": .array(entries.map(Self.description))]
    }

    private static func description(_ entry: FaultBook.Entry) -> JSONValue {
        let rule = entry.rule
        return [
            "id": JSONValue(entry.id),
            "simulate": .string(rule.behaviour.description),
            "host": JSONValue(rule.host),
            "path": JSONValue(rule.path),
            "model": JSONValue(rule.model),
            "probability": JSONNumber(rule.probability).map { .number($0) } ?? nil,
            "count": JSONValue(rule.count),
            "hits": JSONValue(entry.hits),
        ]
    }

    private func addFault(_ body: [UInt8]) throws(Failure) -> JSONValue {
        let value = try Self.object(body)
        let known = ["simulate", "host", "path", "model", "probability", "count"]
        for member in value where !known.contains(member.key) {
            throw Failure(
                status: 400,
                message: "“\(member.key)” is not known; known are \(known.joined(separator: ", "))."
            )
        }
        guard let text = value["simulate"]?.stringValue else {
            throw Failure(status: 400, message: "“simulate” says how requests shall behave:\n\(Behaviour.syntax)")
        }
        let behaviour: Behaviour
        do throws(BehaviourError) {
            behaviour = try Behaviour(parsing: text)
        } catch {
            throw Failure(status: 400, message: error.description)
        }
        let probability = value["probability"]?.numberValue?.double ?? 1
        guard probability >= 0, probability <= 1 else {
            throw Failure(status: 400, message: "“probability” is a number from 0 to 1.")
        }
        let count = value["count"]?.int64Value.map { Int($0) }
        guard count ?? 0 >= 0 else { throw Failure(status: 400, message: "“count” is 0 or more.") }
        let rule = FaultRule(
            behaviour,
            host: value["host"]?.stringValue?.lowercased(),
            path: value["path"]?.stringValue,
            model: value["model"]?.stringValue,
            probability: probability,
            count: count
        )
        guard let id = self.simulation.state.withLockedValue({ $0.book.add(rule) }) else {
            throw Failure(status: 429, message: "There are \(FaultBook.capacity) rules already; remove some.")
        }
        return ["id": JSONValue(id)]
    }

    // MARK: What it lists

    private func lists() -> JSONValue {
        let shelf = self.simulation.state.withLockedValue { $0.shelf }
        var lists = JSONObject()
        for slug in shelf.slugs {
            lists[slug] = [
                "serves": JSONValue(shelf.selected(of: slug)),
                "models": JSONValue(shelf[slug]?.count),
                "lists": JSONValue(shelf.names(of: slug)),
            ]
        }
        return .object(["lists": .object(lists)])
    }

    private func selectList(_ slug: String, _ body: [UInt8]) throws(Failure) -> JSONValue {
        guard let name = try Self.object(body)["recording"]?.stringValue else {
            throw Failure(status: 400, message: "“recording” names the list to serve.")
        }
        let failure = self.simulation.state.withLockedValue { state -> RecordingError? in
            do throws(RecordingError) {
                try state.shelf.select(name, of: slug)
                return nil
            } catch {
                return error
            }
        }
        if let failure { throw Failure(status: 404, message: failure.description) }
        return self.lists()
    }

    private func putList(_ slug: String, _ body: [UInt8], isAsIs: Bool) throws(Failure) -> JSONValue {
        guard let provider = SimulatedProviders.provider(slug: slug) else {
            throw Failure(status: 404, message: "There is no provider “\(slug)”.")
        }
        let list: ModelList
        do throws(ListError) {
            list = isAsIs ? ModelList(asIs: body) : try ModelList(body, layouts: provider.layouts)
        } catch {
            throw Failure(status: 400, message: error.description)
        }
        self.simulation.state.withLockedValue { $0.shelf.put(list, of: slug) }
        return self.lists()
    }

    private static func object(_ body: [UInt8]) throws(Failure) -> JSONObject {
        do {
            guard let object = try JSONValue(parsing: body).objectValue else {
                throw Failure(status: 400, message: "The body is a JSON object.")
            }
            return object
        } catch let error as Failure {
            throw error
        } catch {
            throw Failure(status: 400, message: "The body is not JSON: \(error)")
        }
    }
}
