package import HTTPTypes
package import Hummingbird
package import Registry

/// One thing that can be asked of a replica: a method on a path, who may ask, what goes in, what comes out, and what answers.
///
/// The router is filled from operations, the OpenAPI document and the page for people are made of them, and access is
/// checked by them, so that what is served, what is documented and what is guarded cannot differ.
package struct Operation: Sendable {
    /// Answers a request; ``ReplicaContext/principal`` says who asks.
    package typealias Handler = @Sendable (Request, ReplicaContext) async throws -> Response

    /// Who may ask.
    package enum Access: Sendable, Hashable {
        /// Anyone; a key is not looked at.
        case anyone
        /// Whoever holds a key with a scope; any valid key where there is none.
        case key(APIKey.Scope?)
        /// Clients of trusted networks, and whoever holds such a key.
        case keyOrTrustedNetwork(APIKey.Scope?)
    }

    /// What an operation belongs to, for people who look for it.
    package struct Group: Sendable, Hashable {
        /// As the page's heading has it.
        package let name: String
        /// One sentence.
        package let meaning: String

        /// Names a group.
        package init(_ name: String, _ meaning: String) {
            self.name = name
            self.meaning = meaning
        }
    }

    /// The method.
    package let method: HTTPRequest.Method
    /// Where it is served.
    package let path: OperationPath
    /// What generated clients call it; one of its kind.
    package let id: String
    /// A few words.
    package let summary: String
    /// What there is to know beyond the few words, in sentences.
    package let details: String
    /// What it belongs to.
    package let group: Group
    /// Who may ask.
    package let access: Access
    /// Parameters of the path, the query and the header.
    package let parameters: [Parameter]
    /// What the request brings.
    package let body: Body?
    /// The answers to a request that is not refused.
    package let answers: [Answer]
    /// Why it may be refused, by status, beside what ``access``, ``parameters`` and ``body`` bring with them.
    package let refusals: [(status: HTTPResponse.Status, meaning: String)]
    /// Whether it needs the registry's database, and is refused with 503 while that is away.
    package let needsDatabase: Bool
    /// What answers.
    package let handler: Handler

    /// Describes an operation.
    ///
    /// - Parameters:
    ///   - method: The method. `HEAD` comes with `GET`.
    ///   - path: The path, as in `/api/v1/registry/models/{id}`.
    ///   - id: What generated clients call it: `listModels`.
    ///   - summary: A few words: `List models`.
    ///   - details: What there is to know beyond them.
    ///   - group: What it belongs to.
    ///   - access: Who may ask; checked before the handler is called.
    ///   - parameters: Parameters of the path, the query and the header.
    ///   - body: What the request brings.
    ///   - answers: The answers to a request that is not refused.
    ///   - refusals: Why it may be refused, beside what access, parameters and body bring with them.
    ///   - needsDatabase: Whether it needs the registry's database.
    ///   - handler: What answers.
    package init(
        _ method: HTTPRequest.Method,
        _ path: OperationPath,
        id: String,
        summary: String,
        details: String = "",
        group: Group,
        access: Access,
        parameters: [Parameter] = [],
        body: Body? = nil,
        answers: [Answer],
        refusals: KeyValuePairs<HTTPResponse.Status, String> = [:],
        needsDatabase: Bool = false,
        handler: @escaping Handler
    ) {
        self.method = method
        self.path = path
        self.id = id
        self.summary = summary
        self.details = details
        self.group = group
        self.access = access
        self.parameters = parameters
        self.body = body
        self.answers = answers
        self.refusals = refusals.map { ($0.key, $0.value) }
        self.needsDatabase = needsDatabase
        self.handler = handler
    }

    /// Every shape that it speaks of.
    var schemas: [Schema] {
        self.parameters.map(\.schema) + (self.body?.content.map(\.schema) ?? [])
            + self.answers.flatMap { $0.content.map(\.schema) + $0.fields.map(\.schema) }
    }

    /// Every status with which it may be refused, in order, with the reasons.
    package var allRefusals: [(status: HTTPResponse.Status, meaning: String)] {
        var reasons: [(status: HTTPResponse.Status, meaning: String)] = []
        if self.body != nil || self.parameters.contains(where: { $0.schema != .string }) {
            reasons.append((.badRequest, "Something in the request is not as it must be; `param` names it."))
        }
        switch self.access {
        case .anyone: break
        case .key(let scope), .keyOrTrustedNetwork(let scope):
            reasons.append((.unauthorized, "No valid key was sent."))
            if let scope { reasons.append((.forbidden, "The key lacks the scope \(scope.rawValue).")) }
        }
        if self.body != nil { reasons.append((.contentTooLarge, "The body is larger than is accepted.")) }
        if self.needsDatabase {
            reasons.append(
                (.serviceUnavailable, "The registry's database is away; `Retry-After` says when to try again.")
            )
        }
        var merged: [(status: HTTPResponse.Status, meaning: String)] = []
        for reason in reasons + self.refusals {
            if let place = merged.firstIndex(where: { $0.status == reason.status }) {
                merged[place].meaning += " " + reason.meaning
            } else {
                merged.append(reason)
            }
        }
        return merged.sorted { $0.status.code < $1.status.code }
    }
}
