package import HTTP
import HTTPTypes
import Hummingbird
import JSON
package import Providers
import Registry
package import Transfer

/// The endpoints that use models.
package struct InferenceEndpoints: Sendable {
    private let chat: ChatCompletions

    /// - Parameters:
    ///   - environment: Keys and addresses of the providers.
    ///   - transfer: A running client.
    ///   - settings: The limits.
    package init(
        environment: ProviderEnvironment,
        transfer: TransferClient,
        settings: InferenceSettings = InferenceSettings()
    ) {
        self.chat = ChatCompletions(
            environment: environment,
            caller: UpstreamCaller(transfer: transfer, settings: settings),
            settings: settings
        )
    }

    /// What is served.
    package var operations: [Operation] {
        [
            Operation(
                .post,
                "/v1/chat/completions",
                id: "createChatCompletion",
                summary: "Answer a conversation with a model",
                details: "OpenAI's API. The body reaches the provider as it was sent but for the model's name, members "
                    + "that are not named here included. The fields X-Roster-Provider and X-Roster-Model say who answered.",
                group: Operation.Group("Inference", "Uses models."),
                access: .key(.inference),
                body: .json(.chatRequest, "OpenAI's chat request."),
                answers: [
                    Operation.Answer(
                        .ok,
                        "The provider's answer, as it gave it: whole, or with `stream` as events.",
                        content: [
                            .json(.map(of: .any).named("ChatCompletion")),
                            Operation.Content("text/event-stream", .string),
                        ],
                        fields: [
                            .header("X-Roster-Provider", .string, "Who answered."),
                            .header("X-Roster-Model", .string, "What the provider calls the model."),
                            .header("X-Roster-Route", .string, "The route that the request named, if it named one."),
                            .header("X-Roster-Attempts", .count, "How many offers were tried."),
                        ]
                    )
                ],
                refusals: [
                    .notFound: "There is no such model, or it is switched off.",
                    .tooManyRequests: "The provider asks for fewer requests; `Retry-After` says when to try again.",
                    .badGateway: "The provider failed, or said what cannot be passed on.",
                    .gatewayTimeout: "The provider took too long.",
                ],
                handler: self.chat.answer
            )
        ]
    }
}

extension Schema {
    /// What the gateway itself reads of a chat request; the rest is the provider's.
    fileprivate static let chatRequest = Schema.object(
        [
            "model": Schema.string.described("A route, provider/api-name, or an API name.").example("openai/gpt-4o"),
            "messages": .array(of: .map(of: .any)).described("The conversation."),
            "stream": .boolean.nullable.described("Whether the answer shall come as a stream of events."),
        ],
        optional: ["messages", "stream"]
    ).named("ChatRequest")
}
