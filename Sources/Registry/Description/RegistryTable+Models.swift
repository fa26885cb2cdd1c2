extension RegistryTable {
    /// Every offer of a model by a provider.
    package static let models = RegistryTable(
        "models",
        noun: "model",
        identity: ["provider", "provider_model_id"],
        searched: ["provider", "provider_model_id", "model_name"],
        "Every offer of a model by a provider. Prices are USD per token; 0 is free, empty is unknown.",
        columns: [.id] + Self.naming + Self.prices + Self.abilities + Self.state + Self.provenance + Column.kept
    )

    private static let naming: [Column] = [
        Column(
            "provider",
            "Provider",
            .text,
            .onCreate,
            isNullable: false,
            isRequired: true,
            meaning: "The slug of the provider who offers it."
        ),
        Column(
            "provider_model_id",
            "API name",
            .text,
            .onCreate,
            isNullable: false,
            isRequired: true,
            meaning: "What a request to the provider names the model by."
        ),
        discovered("model_name", "Name", .text, isNullable: false, meaning: "The name people read."),
        discovered("description", "Description", .longText, meaning: "What it is, in the provider's words."),
        discovered("model_family", "Family", .text, meaning: "Models of one make share it, as in gpt-4o."),
    ]

    private static let prices: [Column] = [
        discovered("pricing_prompt", "Input price", .decimal, unit: .usdPerToken, meaning: "Price of an input token."),
        discovered(
            "pricing_completion",
            "Output price",
            .decimal,
            unit: .usdPerToken,
            meaning: "Price of an output token."
        ),
        discovered(
            "pricing_cache_read",
            "Cache read price",
            .decimal,
            unit: .usdPerToken,
            meaning: "Price of an input token read from the provider's prompt cache."
        ),
        discovered(
            "pricing_cache_write",
            "Cache write price",
            .decimal,
            unit: .usdPerToken,
            meaning: "Price of an input token written to the provider's prompt cache."
        ),
        discovered(
            "pricing_reasoning",
            "Reasoning price",
            .decimal,
            unit: .usdPerToken,
            meaning: "Price of a reasoning token, where it differs from the output price."
        ),
        discovered("pricing_image", "Image price", .decimal, unit: .usdPerImage, meaning: "Price of an image."),
        discovered(
            "pricing_request",
            "Request price",
            .decimal,
            unit: .usdPerRequest,
            meaning: "Price of a request, beside the tokens."
        ),
    ]

    private static let abilities: [Column] = [
        discovered(
            "context_length",
            "Context length",
            .integer,
            unit: .tokens,
            meaning: "Tokens that fit, input and output together."
        ),
        discovered(
            "max_output_tokens",
            "Longest answer",
            .integer,
            unit: .tokens,
            meaning: "The most tokens it answers with."
        ),
        discovered("modality", "Modality", .text, meaning: "What goes in and comes out, as in text+image->text."),
        discovered(
            "input_modalities",
            "Input modalities",
            .list(of: .text),
            isNullable: false,
            meaning: "What may go in: text, image, audio, video, file."
        ),
        discovered(
            "output_modalities",
            "Output modalities",
            .list(of: .text),
            isNullable: false,
            meaning: "What comes out."
        ),
        discovered("supports_streaming", "Streaming", .boolean, meaning: "Whether it answers in a stream."),
        discovered("supports_tools", "Tools", .boolean, meaning: "Whether it calls tools."),
        discovered("supports_vision", "Vision", .boolean, meaning: "Whether it sees images."),
        discovered("supports_reasoning", "Reasoning", .boolean, meaning: "Whether it thinks before it answers."),
        discovered(
            "supports_json_schema",
            "JSON schema",
            .boolean,
            meaning: "Whether it keeps to a given JSON schema."
        ),
        discovered("size_b", "Size", .decimal, unit: .billions, meaning: "Its parameters, in billions."),
        discovered(
            "features",
            "Features",
            .list(of: .text),
            isNullable: false,
            meaning: "Further abilities, in the provider's words."
        ),
        discovered("regions", "Regions", .list(of: .text), isNullable: false, meaning: "Where it runs."),
        discovered(
            "tags",
            "Tags",
            .list(of: .text),
            isNullable: false,
            meaning: "Labels, of people or by discovery: local, free."
        ),
    ]

    private static let state: [Column] = [
        discovered("is_active", "Active", .boolean, isNullable: false, meaning: "Whether requests may use it."),
        Column("is_recommended", "Recommended", .boolean, isNullable: false, meaning: "The first choice among equals."),
        discovered(
            "deprecation_date",
            "Deprecated from",
            .date,
            meaning: "The day from which the provider no longer serves it."
        ),
        discovered("successor", "Successor", .text, meaning: "What to use instead, in the provider's words."),
        Column("sort_order", "Order", .integer, meaning: "Where people put it; lower comes first."),
        Column("notes", "Notes", .longText, meaning: "What people want to remember about it."),
        discovered("metadata", "Metadata", .json, isNullable: false, meaning: "What else is known, as an object."),
        Column(
            "health_status",
            "Health",
            .choice(["healthy", "degraded", "down", "unknown"]),
            .readOnly,
            isNullable: false,
            meaning: "What recent requests saw."
        ),
        Column(
            "discovery_method",
            "Found by",
            .choice(["api", "manual", "curated", "auto"]),
            .readOnly,
            isNullable: false,
            meaning: "api (listed by the provider), manual (typed by a person), curated or auto (added on first use)."
        ),
        Column(
            "last_verified_at",
            "Last verified",
            .moment,
            .readOnly,
            meaning: "When the provider last listed it or a request last succeeded, to the hour."
        ),
        Column(
            "missing_since",
            "Missing since",
            .moment,
            .readOnly,
            meaning: "Since when the provider's complete list lacks it."
        ),
    ]

    private static let provenance: [Column] = [
        Column(
            "pinned",
            "Pinned",
            .list(of: .text),
            .readOnly,
            isNullable: false,
            meaning: "Columns that a person has set and a refresh leaves alone."
        ),
        Column(
            "drifted",
            "Drifted",
            .list(of: .text),
            .readOnly,
            isNullable: false,
            meaning: "Pinned columns that differ from what the provider says now."
        ),
        Column(
            "discovered",
            "Discovered",
            .json,
            .readOnly,
            isNullable: false,
            meaning: "What the provider last said, per column."
        ),
        Column(
            "sources",
            "Sources",
            .json,
            .readOnly,
            isNullable: false,
            meaning: "Cells that the provider did not tell itself: {column: curated or estimated}."
        ),
    ]

    private static func discovered(
        _ name: String,
        _ title: String,
        _ type: ColumnType,
        unit: Unit? = nil,
        isNullable: Bool = true,
        meaning: String
    ) -> Column {
        Column(name, title, type, unit: unit, .editable, isDiscoverable: true, isNullable: isNullable, meaning: meaning)
    }
}
