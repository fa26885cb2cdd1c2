package import HTTP
package import Hummingbird
package import Providers
package import Transfer

/// The endpoints that use models.
package struct InferenceEndpoints: Sendable {
    private let chat: ChatCompletions

    /// - Parameters:
    ///   - authenticator: Who may ask.
    ///   - environment: Keys and addresses of the providers.
    ///   - transfer: A running client.
    ///   - settings: The limits.
    package init(
        authenticator: Authenticator,
        environment: ProviderEnvironment,
        transfer: TransferClient,
        settings: InferenceSettings = InferenceSettings()
    ) {
        self.chat = ChatCompletions(
            authenticator: authenticator,
            environment: environment,
            caller: UpstreamCaller(transfer: transfer, settings: settings),
            settings: settings
        )
    }

    /// Adds the endpoints to a router that has its ``RequestEnvelope`` already.
    package func add(to router: Router<ReplicaContext>) {
        router.serve("/v1/chat/completions", [.post: self.chat.answer])
    }
}
