import FoundationEssentials
import JSON
import Postgres

extension Provider {
    init(row: PostgresRow) throws {
        self.init(
            id: try row.decode(Int64.self, "id"),
            slug: try row.decode(String.self, "slug"),
            name: try row.decode(String.self, "name"),
            kind: try row.decodeCase("kind"),
            adapter: try row.decode(String.self, "adapter"),
            baseURL: try row.decode(String?.self, "base_url"),
            keyVariable: try row.decode(String?.self, "api_key_env_var"),
            siteURL: try row.decode(String?.self, "site_url"),
            isActive: try row.decode(Bool.self, "is_active"),
            health: try row.decodeCase("health_status"),
            refreshInterval: .seconds(try row.decode(Int64.self, "refresh_seconds")),
            rowRevision: try row.decode(Int64.self, "row_revision")
        )
    }
}

extension Model {
    init(row: PostgresRow) throws {
        self.init(
            id: try row.decode(Int64.self, "id"),
            providerID: try row.decode(Int64.self, "provider_id"),
            apiName: try row.decode(String.self, "provider_model_id"),
            name: try row.decode(String.self, "model_name")
        )
        self.description = try row.decode(String?.self, "description")
        self.family = try row.decode(String?.self, "model_family")
        self.pricing.prompt = try row.decode(Decimal?.self, "pricing_prompt")
        self.pricing.completion = try row.decode(Decimal?.self, "pricing_completion")
        self.pricing.cacheRead = try row.decode(Decimal?.self, "pricing_cache_read")
        self.pricing.cacheWrite = try row.decode(Decimal?.self, "pricing_cache_write")
        self.pricing.image = try row.decode(Decimal?.self, "pricing_image")
        self.pricing.request = try row.decode(Decimal?.self, "pricing_request")
        self.pricing.reasoning = try row.decode(Decimal?.self, "pricing_reasoning")
        self.contextLength = try row.decode(Int64?.self, "context_length")
        self.maximumOutputTokens = try row.decode(Int64?.self, "max_output_tokens")
        self.modality = try row.decode(String?.self, "modality")
        self.inputModalities = try row.decode([String].self, "input_modalities")
        self.outputModalities = try row.decode([String].self, "output_modalities")
        self.capabilities.streaming = try row.decode(Bool?.self, "supports_streaming")
        self.capabilities.tools = try row.decode(Bool?.self, "supports_tools")
        self.capabilities.vision = try row.decode(Bool?.self, "supports_vision")
        self.capabilities.reasoning = try row.decode(Bool?.self, "supports_reasoning")
        self.capabilities.jsonSchema = try row.decode(Bool?.self, "supports_json_schema")
        self.sizeInBillions = try row.decode(Decimal?.self, "size_b")
        self.features = try row.decode([String].self, "features")
        self.regions = try row.decode([String].self, "regions")
        self.tags = try row.decode([String].self, "tags")
        self.isActive = try row.decode(Bool.self, "is_active")
        self.isRecommended = try row.decode(Bool.self, "is_recommended")
        self.deprecationDate = try row.decode(String?.self, "deprecation_date")
        self.successor = try row.decode(String?.self, "successor")
        self.discoveryMethod = try row.decodeCase("discovery_method")
        self.lastVerifiedAt = try row.decode(Date?.self, "last_verified_at")
        self.sortOrder = try row.decode(Int32?.self, "sort_order")
        self.pinned = try row.decode([String].self, "pinned")
        let sources = try JSONValue(parsing: Array(row.decode(String.self, "sources").utf8))
        self.sources = Dictionary(
            (sources.objectValue ?? [:]).compactMap { member in member.value.stringValue.map { (member.key, $0) } },
            uniquingKeysWith: { _, last in last }
        )
        self.rowRevision = try row.decode(Int64.self, "row_revision")
        self.createdAt = try row.decode(Date.self, "created_at")
    }
}

extension Route {
    init(row: PostgresRow) throws {
        self.init(
            id: try row.decode(Int64.self, "id"),
            name: try row.decode(String.self, "name"),
            strategy: try row.decodeCase("strategy"),
            isActive: try row.decode(Bool.self, "is_active"),
            members: try JSONValue(parsing: Array(row.decode(String.self, "members").utf8)).arrayValue?
                .compactMap { RouteMember(json: $0) } ?? []
        )
    }
}

extension APIKey {
    init(row: PostgresRow) throws {
        guard let hash = KeyHash(bytes: try row.decode([UInt8].self, "key_hash")) else {
            throw UnknownValue(column: "key_hash", value: "one that is not 32 bytes long")
        }
        self.init(
            id: try row.decode(Int64.self, "id"),
            hash: hash,
            prefix: try row.decode(String.self, "prefix"),
            description: try row.decode(String.self, "description"),
            owner: try row.decode(String?.self, "owner"),
            // A scope that a later release adds grants nothing here.
            scopes: Set(try row.decode([String].self, "scopes").compactMap(Scope.init(rawValue:))),
            priority: try row.decode(Int32.self, "priority"),
            expiresAt: try row.decode(Date?.self, "expires_at"),
            revokedAt: try row.decode(Date?.self, "revoked_at"),
            createdAt: try row.decode(Date.self, "created_at")
        )
    }
}

/// A value that the schema of this release does not allow.
struct UnknownValue: Error, CustomStringConvertible {
    let column: String
    let value: String

    var description: String {
        "the column \(self.column) holds \(self.value), which this release does not know; "
            + "run roster migrate --check to see whether the schema is newer"
    }
}

extension PostgresRow {
    func decodeCase<Case: RawRepresentable<String>>(_ column: String) throws -> Case {
        let value = try self.decode(String.self, column)
        guard let found = Case(rawValue: value) else { throw UnknownValue(column: column, value: "“\(value)”") }
        return found
    }
}
