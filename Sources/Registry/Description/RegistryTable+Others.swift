extension RegistryTable {
    /// Who offers models.
    package static let providers = RegistryTable(
        "providers",
        noun: "provider",
        identity: ["slug"],
        searched: ["slug", "name"],
        "Who offers models. Add a row to use another OpenAI-compatible server.",
        columns: [
            .id,
            Column(
                "slug",
                "Slug",
                .text,
                .onCreate,
                isNullable: false,
                isRequired: true,
                meaning: "Short name, the first part of provider/model."
            ),
            Column("name", "Name", .text, isNullable: false, isRequired: true, meaning: "The name people read."),
            Column(
                "kind",
                "Kind",
                .choice(["text", "image", "aggregator", "local"]),
                isNullable: false,
                meaning: "text, image, aggregator (sells models of others) or local (your own machine)."
            ),
            Column(
                "adapter",
                "Adapter",
                .text,
                isNullable: false,
                meaning: "How to speak to it; openai-compatible for anything that speaks as OpenAI does."
            ),
            Column(
                "base_url",
                "Base URL",
                .text,
                meaning: "Where inference requests go; empty for the address the adapter knows."
            ),
            Column(
                "api_key_env_var",
                "Key variable",
                .text,
                meaning: "Name of the environment variable that holds the key; keys are never stored here."
            ),
            Column("site_url", "Site", .text, meaning: "Its page for people."),
            Column(
                "is_active",
                "Active",
                .boolean,
                isNullable: false,
                meaning: "Untick to stop using and refreshing it; its models stay listed here."
            ),
            Column(
                "refresh_interval",
                "Refreshed every",
                .interval,
                isNullable: false,
                meaning: "How often its list of models is read again."
            ),
            Column("notes", "Notes", .longText, meaning: "What people want to remember about it."),
            Column(
                "health_status",
                "Health",
                .choice(["healthy", "degraded", "down", "unknown"]),
                .readOnly,
                isNullable: false,
                meaning: "What recent requests saw."
            ),
        ] + Column.kept
    )

    /// Names for one or more models.
    package static let routes = RegistryTable(
        "routes",
        noun: "route",
        identity: ["name"],
        searched: ["name", "description"],
        "Names for one or more models: default, cost_optimized, performance_optimized, fallback, or any alias.",
        columns: [
            .id,
            Column(
                "name",
                "Name",
                .text,
                isNullable: false,
                isRequired: true,
                meaning: "What a request names as its model."
            ),
            Column(
                "strategy",
                "Strategy",
                .choice(Route.Strategy.allCases.map(\.rawValue)),
                isNullable: false,
                meaning:
                    "How a member is chosen: ordered, weighted (by chance, in proportion to the weights) or cheapest."
            ),
            Column(
                "members",
                "Members",
                .routeMembers,
                isNullable: false,
                meaning: "The models it routes to, in order."
            ),
            Column("description", "Description", .longText, meaning: "What it is for."),
            Column("is_active", "Active", .boolean, isNullable: false, meaning: "Whether the name may be used."),
        ] + Column.kept
    )

    /// What operators decide for every replica at once.
    package static let settings = RegistryTable(
        "settings",
        noun: "setting",
        identity: ["name"],
        searched: ["name", "description"],
        "What people decide for every replica at once, beside each replica's own configuration.",
        columns: [
            .id,
            Column(
                "name",
                "Name",
                .text,
                .onCreate,
                isNullable: false,
                isRequired: true,
                meaning: "What the setting is called."
            ),
            Column(
                "value",
                "Value",
                .json,
                isNullable: false,
                isRequired: true,
                meaning: "What it is set to, as an object."
            ),
            Column("description", "Description", .longText, meaning: "What it does."),
        ] + Column.kept
    )
}
