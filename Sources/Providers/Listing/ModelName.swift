package import FoundationEssentials
import JSON

/// What a model's name gives away. All of it is an estimate, and marked as one.
package enum ModelName {
    // MARK: Size

    /// The number of parameters in thousand millions: `70b` is 70, `8x7b` is 56, `235b-a22b` is 235, `270m` is 0.27.
    ///
    /// - Parameter name: an id or a display name.
    /// - Returns: the first size in the last part of the name, or nil where there is none.
    package static func sizeB(_ name: String) -> Decimal? {
        let lastPart = name.split(separator: "/").last.map(String.init) ?? name
        let words = lastPart.lowercased().split { !($0.isASCII && ($0.isLetter || $0.isNumber || $0 == ".")) }
        for word in words {
            if let size = self.size(of: word, unit: "b", shift: 0, within: 0...20_000) { return size }
        }
        // Thousands of thousand millions; and millions, where "1m" would be the length of a context.
        for word in words {
            if let size = self.size(of: word, unit: "t", shift: 3, within: 1...20_000) { return size }
            if let size = self.size(
                of: word,
                unit: "m",
                shift: -3,
                within: Decimal(sign: .plus, exponent: -2, significand: 1)...1
            ) {
                return size
            }
        }
        return nil
    }

    /// A word such as `70b`, `0.5b`, `8x22b`.
    private static func size(
        of word: Substring,
        unit: Character,
        shift: Int,
        within range: ClosedRange<Decimal>
    ) -> Decimal? {
        guard word.last == unit else { return nil }
        let factors = word.dropLast().split(separator: "x", omittingEmptySubsequences: false)
        guard (1...2).contains(factors.count) else { return nil }
        var size: Decimal = 1
        for (index, factor) in factors.enumerated() {
            guard factor.count <= 7, let first = factor.first, first.isNumber, factor.last != ".",
                let number = JSONValue.string(String(factor)).decimalReadingStrings()
            else { return nil }
            size *= index == factors.count - 1 ? Decimal(sign: .plus, exponent: shift, significand: number) : number
        }
        return range.contains(size) && size > 0 ? size : nil
    }

    /// So many thousand millions.
    package static func billions(of count: Decimal) -> Decimal {
        Decimal(sign: .plus, exponent: -9, significand: count)
    }

    // MARK: Family

    /// Families by what a word of a name begins with, in the order in which they are tried: a distillation is named after
    /// both.
    private static let families: [(beginning: String, family: String)] = [
        ("chatgpt", "gpt"), ("gpt", "gpt"), ("claude", "claude"), ("gemini", "gemini"), ("gemma", "gemma"),
        ("deepseek", "deepseek"), ("nemotron", "nemotron"), ("hermes", "hermes"), ("llama", "llama"),
        ("llava", "llava"),
        ("codellama", "llama"), ("mixtral", "mistral"), ("ministral", "mistral"), ("mistral", "mistral"),
        ("magistral", "mistral"), ("codestral", "mistral"), ("devstral", "mistral"), ("pixtral", "mistral"),
        ("qwen", "qwen"), ("qwq", "qwen"), ("grok", "grok"), ("command", "command"), ("phi", "phi"), ("nova", "nova"),
        ("kimi", "kimi"), ("glm", "glm"), ("minimax", "minimax"), ("jamba", "jamba"), ("granite", "granite"),
        ("sonar", "sonar"), ("palmyra", "palmyra"), ("olmo", "olmo"), ("ernie", "ernie"), ("hunyuan", "hunyuan"),
        ("seed", "seed"), ("mercury", "mercury"), ("inflection", "inflection"), ("dall", "dall-e"), ("sora", "sora"),
        ("whisper", "whisper"), ("tts", "tts"), ("imagen", "imagen"), ("veo", "veo"), ("davinci", "gpt"),
        ("babbage", "gpt"), ("flux", "flux"),
    ]

    /// What a word that names a family begins with, longer ones first.
    static let familyNames: [String] = Self.families.map(\.beginning).sorted { $0.count > $1.count }

    /// The family that a model's name begins with or contains, for instance `llama`; nil where none is recognised.
    package static func family(_ id: String) -> String? {
        let lastPart = id.split(separator: "/").last.map(String.init) ?? id
        let words = lastPart.lowercased().split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }
        if let first = words.first, first.count == 2, first.first == "o", first.last?.isNumber == true {
            return "o-series"
        }
        for word in words {
            if let found = self.families.first(where: { word.hasPrefix($0.beginning) }) { return found.family }
        }
        return nil
    }

    // MARK: Use

    /// What a model does that is not a chat.
    package struct Use: Sendable, Hashable {
        package let inputs: [String]
        package let outputs: [String]
        package let tags: [String]

        static let chat = Use(inputs: [], outputs: ["text"], tags: [])
        static let embedding = Use(inputs: ["text"], outputs: ["embeddings"], tags: [])
        static let rerank = Use(inputs: ["text"], outputs: ["rerank"], tags: [])
        static let moderation = Use(inputs: ["text"], outputs: ["moderation"], tags: [])
        static let transcription = Use(inputs: ["audio"], outputs: ["transcription"], tags: [])
        static let speech = Use(inputs: ["text"], outputs: ["audio"], tags: [])
        static let image = Use(inputs: ["text"], outputs: ["image"], tags: [])
        static let video = Use(inputs: ["text"], outputs: ["video"], tags: [])
        static let realtime = Use(
            inputs: ["text", "audio"],
            outputs: ["text", "audio"],
            tags: [ModelTag.realtime, ModelTag.noChat]
        )
        /// Whatever has to be trained or installed before it does anything.
        static let training = Use(inputs: [], outputs: [], tags: [ModelTag.noChat])
        static let completion = Use(
            inputs: ["text"],
            outputs: ["text"],
            tags: [ModelTag.completionOnly, ModelTag.noChat]
        )
    }

    /// The use that a word of a model's name stands for; nil for anything else, which is mostly chat.
    ///
    /// Words are compared whole or by their beginning, so that `audio-preview` models, which do chat, are left alone.
    package static func useBesidesChat(_ id: String) -> Use? {
        let lastPart = id.split(separator: "/").last.map(String.init) ?? id
        let words = lastPart.lowercased().split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }
        func has(_ wanted: String...) -> Bool { words.contains { wanted.contains(String($0)) } }
        func begins(_ wanted: String...) -> Bool { words.contains { word in wanted.contains { word.hasPrefix($0) } } }
        if begins("rerank") || has("rank") && words.contains("llama") { return .rerank }
        if begins("embed") || words.contains(where: { $0.hasPrefix("embedding") || $0.hasSuffix("embedding") }) {
            return .embedding
        }
        if has("bge", "gte", "e5", "minilm", "mpnet", "text2vec", "retrieval") || has("clip") && has("vit") {
            return .embedding
        }
        if has("guard") || begins("moderation", "llamaguard", "shieldgemma", "virtueguard") { return .moderation }
        if begins("whisper", "transcribe", "parakeet") || has("asr", "stt") { return .transcription }
        if has("tts") || begins("orpheus", "kokoro", "playai", "cosyvoice", "lyria") { return .speech }
        if has("realtime") { return .realtime }
        if begins("sora", "veo", "kling", "hailuo", "seedance", "pixverse") || has("wan", "t2v", "i2v") {
            return .video
        }
        if begins("imagin", "imagen", "flux", "seedream", "sdxl", "ideogram", "recraft", "wanx") || has("dall", "t2i")
            || has("image") && ["gpt", "chatgpt", "qwen", "grok", "p"].contains(words.first ?? "")
            || has("stable") && has("diffusion")
        {
            return .image
        }
        if has("davinci", "babbage") || words.starts(with: ["gpt", "3", "5", "turbo", "instruct"]) {
            return .completion
        }
        return nil
    }
}

extension ListedModel {
    /// Fills size and family from the name where the list does not tell them.
    package mutating func estimateFromName() {
        if self.sizeB == nil, let size = ModelName.size(self.providerModelID) ?? ModelName.size(self.name) {
            self.sizeB = size.billions
            self.mark(.sizeB, as: size.origin)
        }
        if self.family == nil, let family = ModelName.family(self.providerModelID) {
            self.family = family
            self.mark(.family, as: .estimated)
        }
    }

    /// Takes over a use that was read from the name.
    package mutating func estimate(_ use: ModelName.Use) {
        self.inputModalities = use.inputs
        self.outputModalities = use.outputs
        for tag in use.tags { self.tag(tag) }
        self.mark(.inputModalities, .outputModalities, .modality, .tags, as: .estimated)
    }
}
