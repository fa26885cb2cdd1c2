import Exchange
import JSON
import Registry

extension ExportFormat {
    /// A `models.yaml`, made anew; `roster update-models` keeps what people wrote in one.
    static let yaml = ExportFormat(
        name: "yaml",
        purpose: "models.yaml for applications: every model that may be used, with the lists"
    ) { _, store in
        let contents = try await store.contents(of: [.providers, .models, .routes])
        var file = ModelsFile()
        _ = file.update(from: contents)
        return (Array(file.text.utf8), "\(file.models.count) models at revision \(contents.revision)")
    }

    /// A catalogue: what `roster plan` compares another registry with.
    static let catalogue = ExportFormat(
        name: "catalogue",
        purpose: "providers, models and routes in one JSON file, for roster plan"
    ) { _, store in
        let contents = try await store.contents(of: Catalogue.tables)
        let catalogue = Catalogue(contents, source: "export")
        return (
            Array((catalogue.json.serializedString(.pretty) + "\n").utf8),
            "\(catalogue.count) rows at revision \(contents.revision)"
        )
    }
}
