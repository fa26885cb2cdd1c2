import JSON

/// How a provider writes OpenAI-shaped chat answers: what it adds, leaves out and repeats.
struct ChatDialect: Sendable {
    /// What the members before `choices` are.
    struct Identity: Sendable {
        let id: String
        let object: String
        let created: Int
        /// The model with its quotes.
        let model: String
        let provider: String
    }

    /// How identifiers begin.
    var idPrefix = "chatcmpl-"

    /// How many characters follow.
    var idLength = 29

    /// The members before `choices`, with the comma after them.
    var head: @Sendable (Identity) -> String = { identity in
        """
        "id":"\(identity.id)","object":"\(identity.object)","created":\(identity.created),"model":\(identity.model),
        """
    }

    /// More members of a whole answer's message, each with the comma before it.
    var messageMembers = ""

    /// More members of a choice, each with the comma before it.
    var choiceMembers = ""

    /// The members that say why a choice ended, with the comma before them.
    var finish: @Sendable (_ reason: String?) -> String = { reason in
        ",\"finish_reason\":\(reason.map { "\"\($0)\"" } ?? "null")"
    }

    /// Whether each event's delta names the role, not only the first.
    var repeatsRole = false

    /// More members of the first delta, each with the comma before it.
    var firstDeltaMembers = ""

    /// Whether events carry `"usage":null` while the real one is still to come.
    var announcesUsage = false

    /// More members of an event, each with the comma before it.
    var eventMembers = ""

    /// More members of the usage, each with the comma before it.
    var usageMembers = ""

    /// Comment lines before the first event.
    var comments: [String] = []

    /// The content type of a stream.
    var streamContentType = "text/event-stream; charset=utf-8"

    /// What follows the body of an answer, a line end for servers that send one.
    var bodyEnd = ""

    /// Headers of every answer, for what a client may look at.
    var headers: @Sendable (_ id: String) -> [(name: String, value: String)] = { _ in [] }
}

extension ChatDialect {
    /// OpenAI's own, as recorded in August 2025.
    static let openAI = ChatDialect(
        head: { identity in
            """
            "id":"\(identity.id)","object":"\(identity.object)","created":\(identity.created),\
            "model":\(identity.model),"service_tier":"default","system_fingerprint":null,
            """
        },
        messageMembers: #","refusal":null,"annotations":[]"#,
        firstDeltaMembers: #","refusal":null"#,
        announcesUsage: true,
        eventMembers: #","obfuscation":"k0OXq""#,
        usageMembers: """
            ,"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"completion_tokens_details":\
            {"reasoning_tokens":0,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}
            """,
        headers: { id in
            [
                ("openai-version", "2020-10-01"), ("openai-processing-ms", "12"), ("x-request-id", "req_\(id)"),
                ("x-ratelimit-limit-requests", "5000"), ("x-ratelimit-remaining-requests", "4999"),
                ("x-ratelimit-limit-tokens", "4000000"), ("x-ratelimit-remaining-tokens", "3999996"),
            ]
        }
    )
}
