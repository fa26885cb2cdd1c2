import JSON

extension ProviderDefinition {
    /// Google Vertex AI, by its endpoint for OpenAI's clients. Where it is depends on the project and the region:
    /// `GOOGLE_CLOUD_PROJECT` and `GOOGLE_CLOUD_LOCATION` say so. Its key is an access token of Google's, which is good for
    /// about an hour.
    ///
    /// Documented: Model Garden's list of Google's models, which has names and stages, and is not offered in every region; where
    /// it is not, the models that this project knows stand in for it. No list of it was seen.
    package static let vertex = ProviderDefinition(
        slug: "vertex",
        name: "Google Vertex AI",
        kind: .text,
        siteURL: "https://cloud.google.com/vertex-ai",
        baseURL:
            "https://aiplatform.googleapis.com/v1/projects/GOOGLE_CLOUD_PROJECT/locations/global/endpoints/openapi",
        keyVariables: ["GOOGLE_VERTEX_ACCESS_TOKEN"],
        addressVariables: [
            AddressVariable("GOOGLE_CLOUD_PROJECT", with: ["GOOGLE_CLOUD_LOCATION"], baseURL: VertexModels.baseURL)
        ],
        otherKeyHosts: VertexModels.hosts,
        listing: ModelListing(
            key: .required,
            sources: [
                ListSource(
                    first: ListingRequest(
                        reference: "/v1beta1/publishers/google/models",
                        query: [QueryParameter("pageSize", "100")]
                    ),
                    rows: [["publisherModels"]] + ListSource.usualRows,
                    paging: .token(member: "nextPageToken", parameter: "pageToken"),
                    mayBeAbsent: true,
                    omitsEmptyRows: true,
                    shape: VertexModels.shape
                )
            ],
            facts: [.gemini, .geminiEmbeddings],
            knownIDs: VertexModels.known
        )
    )
}

private enum VertexModels {
    /// The regions in which Google offers models of its own.
    private static let regions = [
        "us-central1", "us-east1", "us-east4", "us-east5", "us-south1", "us-west1", "us-west4",
        "northamerica-northeast1", "southamerica-east1", "europe-central2", "europe-north1", "europe-southwest1",
        "europe-west1", "europe-west2", "europe-west3", "europe-west4", "europe-west6", "europe-west8", "europe-west9",
        "asia-east1", "asia-east2", "asia-northeast1", "asia-northeast3", "asia-south1", "asia-southeast1",
        "australia-southeast1", "me-central1", "me-central2", "me-west1",
    ]

    static let hosts = Self.regions.map { "\($0)-aiplatform.googleapis.com" }

    @Sendable static func baseURL(_ project: String, _ others: [String: String]) -> String {
        let location = others["GOOGLE_CLOUD_LOCATION"] ?? "global"
        let host = location == "global" ? "aiplatform.googleapis.com" : "\(location)-aiplatform.googleapis.com"
        return "https://\(host)/v1/projects/\(project)/locations/\(location)/endpoints/openapi"
    }

    static let known = [
        "google/gemini-2.5-pro", "google/gemini-2.5-flash", "google/gemini-2.5-flash-lite",
        "google/gemini-2.0-flash-001", "google/gemini-2.0-flash-lite-001",
    ]

    /// `publishers/google/models/gemini-2.5-pro`, which a request to the compatible endpoint calls `google/gemini-2.5-pro`.
    static let shape = RowShape { shape in
        shape.id = ["name", "id"]
        shape.name = [["displayName"]]
        shape.metadata = ["versionId", "openSourceCategory", "launchStage", "versionState", "publisherModelTemplate"]
    }.renaming { name in
        let parts = name.split(separator: "/")
        guard parts.count == 4, parts[0] == "publishers", parts[2] == "models" else { return name }
        return "\(parts[1])/\(parts[3])"
    } adjusting: { item, model in
        if item.text("launchStage")?.hasSuffix("PREVIEW") == true { model.tag(ModelTag.preview) }
        guard model.outputModalities.isEmpty else { return }
        let name = model.providerModelID.split(separator: "/").last ?? ""
        if name.hasPrefix("gemini") {
            model.outputModalities = ["text"]
            model.mark(.outputModalities, as: .estimated)
        } else {
            // The garden also has models that must be installed first.
            model.tag(ModelTag.noChat)
            model.mark(.tags, as: .estimated)
        }
    }
}
