import HTTP
import HTTPTypes
import Hummingbird
import Providers
import Registry
import Transfer

/// A chat request's way through the gateway, step by step. Every step is a small type with one method; those without I/O are
/// synchronous functions over the request's snapshot.
struct ChatCompletions: Sendable {
    private let settings: InferenceSettings
    private let resolver = ModelResolver()
    private let planner = Planner()
    private let upstreams: DerivedFromSnapshot<UpstreamTable>
    private let caller: UpstreamCaller
    private let relay: AnswerRelay

    /// - Parameters:
    ///   - environment: Keys and addresses of the providers.
    ///   - caller: Asks them.
    ///   - settings: The limits.
    init(
        environment: ProviderEnvironment,
        caller: UpstreamCaller,
        settings: InferenceSettings
    ) {
        self.settings = settings
        self.upstreams = DerivedFromSnapshot { UpstreamTable($0, environment) }
        self.caller = caller
        self.relay = AnswerRelay(settings: settings)
    }

    /// Answers a request.
    func answer(_ request: Request, _ context: ReplicaContext) async throws -> Response {
        let snapshot = context.snapshot
        let chat = try ChatRequest(scanning: try await request.collect(upTo: self.settings.largestBody))
        let candidates = try self.resolver.resolve(chat.model, in: snapshot)
        let plan = try self.planner.plan(candidates, self.upstreams[snapshot])
        do {
            let upstream = try await self.caller.call(chat, plan, headers: request.headers)
            var response = try await self.relay.answer(upstream, chat, plan)
            Self.mark(&response.headers, plan)
            return response
        } catch let failure as TransferError where failure.code == .cancelled {
            throw CancellationError()
        } catch let failure as TransferError {
            throw Self.marked(APIError(failure, from: plan.offer.provider), plan)
        } catch let error as APIError {
            throw Self.marked(error, plan)
        }
    }

    /// Says in the answer who gave it.
    private static func mark(_ headers: inout HTTPFields, _ plan: Plan) {
        headers[.xRosterProvider] = plan.offer.provider.slug
        headers[.xRosterModel] = plan.offer.model.apiName
        headers[.xRosterAttempts] = "1"
        if let route = plan.route { headers[.xRosterRoute] = route.name }
    }

    private static func marked(_ error: APIError, _ plan: Plan) -> APIError {
        var error = error
        Self.mark(&error.headers, plan)
        return error
    }
}
