import FoundationEssentials
import JSON
import Registry

/// A model as `GET /v1/models` shows it: OpenAI's four members, which every SDK reads, and what the registry knows beside.
enum ModelObject {
    /// An offer.
    static func offer(_ offer: Offer) -> JSONValue {
        let model = offer.model
        return [
            "id": .string(offer.qualifiedName),
            "object": "model",
            "created": JSONValue(Int64(model.createdAt.timeIntervalSince1970)),
            "owned_by": .string(offer.provider.slug),
            "api_name": .string(model.apiName),
            "name": .string(model.name),
            "family": JSONValue(model.family),
            "context_length": JSONValue(model.contextLength),
            "max_output_tokens": JSONValue(model.maximumOutputTokens),
            "pricing": self.pricing(model.pricing),
            "modality": JSONValue(model.modality),
            "input_modalities": JSONValue(model.inputModalities),
            "output_modalities": JSONValue(model.outputModalities),
            "capabilities": self.capabilities(model.capabilities),
            "is_recommended": .bool(model.isRecommended),
            "deprecation_date": JSONValue(model.deprecationDate),
            "successor": JSONValue(model.successor),
            "last_verified_at": JSONValue(model.lastVerifiedAt),
        ]
    }

    /// A route, which a request names like a model.
    static func route(_ route: Route) -> JSONValue {
        [
            "id": .string(route.name),
            "object": "model",
            "created": 0,
            "owned_by": "roster",
            "route": ["strategy": .string(route.strategy.rawValue), "members": JSONValue(route.members.map(\.model))],
        ]
    }

    /// USD per token, image or request, exact; `null` is unknown and `"0"` is free.
    private static func pricing(_ pricing: Model.Pricing) -> JSONValue {
        [
            "prompt": JSONValue(exact: pricing.prompt),
            "completion": JSONValue(exact: pricing.completion),
            "cache_read": JSONValue(exact: pricing.cacheRead),
            "cache_write": JSONValue(exact: pricing.cacheWrite),
            "image": JSONValue(exact: pricing.image),
            "request": JSONValue(exact: pricing.request),
            "reasoning": JSONValue(exact: pricing.reasoning),
        ]
    }

    private static func capabilities(_ capabilities: Model.Capabilities) -> JSONValue {
        [
            "streaming": JSONValue(capabilities.streaming),
            "tools": JSONValue(capabilities.tools),
            "vision": JSONValue(capabilities.vision),
            "reasoning": JSONValue(capabilities.reasoning),
            "json_schema": JSONValue(capabilities.jsonSchema),
        ]
    }
}
