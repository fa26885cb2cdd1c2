import HTTP
import JSON

extension Schema {
    /// ``ModelObject/offer(_:)``.
    private static let offer = Schema.object([
        "id": .string.described("provider/api-name: names this offer and no other.").example("openai/gpt-4o"),
        "object": .constant("model"),
        "created": .integer.described("When it came into the registry, in seconds since 1970."),
        "owned_by": .string.described("The provider's slug."),
        "api_name": .string.described("What the provider calls it."),
        "name": .string.described("The name people read."),
        "family": .string.nullable,
        "context_length": .integer.nullable.described("Tokens that fit, input and output together."),
        "max_output_tokens": .integer.nullable,
        "pricing": .object([
            "prompt": .price("token of input"), "completion": .price("token of output"),
            "cache_read": .price("token read from the prompt cache"),
            "cache_write": .price("token written to the prompt cache"), "image": .price("image"),
            "request": .price("request"), "reasoning": .price("token of reasoning"),
        ]),
        "modality": .string.nullable,
        "input_modalities": .array(of: .string),
        "output_modalities": .array(of: .string),
        "capabilities": .object([
            "streaming": .boolean.nullable, "tools": .boolean.nullable, "vision": .boolean.nullable,
            "reasoning": .boolean.nullable, "json_schema": .boolean.nullable,
        ]).described("Null where nobody knows."),
        "is_recommended": .boolean,
        "deprecation_date": .date.nullable.described("The day from which the provider no longer serves it."),
        "successor": .string.nullable,
        "last_verified_at": .moment.nullable,
    ]).named("Offer")

    /// ``ModelObject/route(_:)``.
    private static let servedRoute = Schema.object([
        "id": .string,
        "object": .constant("model"),
        "created": .integer,
        "owned_by": .constant("roster"),
        "route": .object(["strategy": .string, "members": .array(of: .string)]),
    ]).named("ServedRoute")

    /// A model that a request may name.
    static let servedModel = Schema.anyOf([.offer, .servedRoute]).named("ServedModel")

    private static func price(_ unit: String) -> Schema {
        Schema.decimal.nullable.described("USD per \(unit); \"0\" is free, null is unknown.").example("0.0000025")
    }
}
