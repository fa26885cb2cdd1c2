/// The words for what goes into a model and comes out of it, as the registry has them.
enum Modality {
    /// What providers call the same things.
    private static let synonyms = [
        "embedding": "embeddings", "pdf": "file", "document": "file", "documents": "file", "files": "file",
        "images": "image", "vision": "image", "speech": "audio", "videos": "video", "texts": "text",
        "score": "rerank", "rank": "rerank",
    ]

    /// The registry's words for a provider's, in lower case, each once.
    static func words(_ words: [String]) -> [String] {
        var seen: Set<String> = []
        return words.map { word in
            let word = word.lowercased()
            return self.synonyms[word] ?? word
        }.filter { !$0.isEmpty && seen.insert($0).inserted }
    }
}
