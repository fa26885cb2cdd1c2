package import FoundationEssentials

/// Sizes of well-known models whose names do not say them.
///
/// A row holds for a name of these very words, whatever date or word without meaning for the size follows: `deepseek-v3`
/// is also `DeepSeek-V3-0324`, and is not `deepseek-v3-distill`.
enum KnownSizes {
    /// What is known of a model of this name.
    struct Fact: Sendable {
        let name: String
        /// All parameters, also those that a mixture of experts does not use for a token, in billions.
        let billions: Decimal
        let source: Source
    }

    /// Who says so.
    enum Source: Sendable {
        /// The maker: paper, model card or announcement.
        case maker(String)
        /// Somebody else; the maker keeps it to themselves.
        case reports(String)
    }

    static let facts: [Fact] = [
        Fact(name: "gpt-4", billions: 1760, source: .reports("SemiAnalysis, GPT-4 Architecture, 2023")),
        Fact(name: "whisper-1", billions: thousandths(1550), source: .maker("Model card of whisper-large-v2")),
        Fact(name: "whisper-large-v3", billions: thousandths(1550), source: .maker("Model card of whisper-large-v3")),
        Fact(
            name: "whisper-large-v3-turbo",
            billions: thousandths(809),
            source: .maker("Model card of whisper-large-v3-turbo")
        ),
        Fact(name: "deepseek-chat", billions: 671, source: .maker("DeepSeek-V3 Technical Report, 2024")),
        Fact(name: "deepseek-reasoner", billions: 671, source: .maker("DeepSeek-R1, 2025")),
        Fact(name: "deepseek-r1", billions: 671, source: .maker("DeepSeek-R1, 2025")),
        Fact(name: "deepseek-r1-zero", billions: 671, source: .maker("DeepSeek-R1, 2025")),
        Fact(name: "deepseek-v3", billions: 671, source: .maker("DeepSeek-V3 Technical Report, 2024")),
        Fact(name: "deepseek-chat-v3", billions: 671, source: .maker("DeepSeek-V3 Technical Report, 2024")),
        Fact(name: "deepseek-v3.1", billions: 671, source: .maker("Model card of DeepSeek-V3.1")),
        Fact(name: "deepseek-chat-v3.1", billions: 671, source: .maker("Model card of DeepSeek-V3.1")),
        Fact(name: "deepseek-v2", billions: 236, source: .maker("DeepSeek-V2, 2024")),
        Fact(name: "deepseek-v2.5", billions: 236, source: .maker("Model card of DeepSeek-V2.5")),
        Fact(name: "deepseek-coder-v2", billions: 236, source: .maker("DeepSeek-Coder-V2, 2024")),
        Fact(name: "mistral-large-2407", billions: 123, source: .maker("Mistral AI, Large Enough, 2024")),
        Fact(name: "mistral-large-2411", billions: 123, source: .maker("Model card of Mistral-Large-Instruct-2411")),
        Fact(name: "mistral-small-2409", billions: 22, source: .maker("Model card of Mistral-Small-Instruct-2409")),
        Fact(name: "mistral-small-2501", billions: 24, source: .maker("Mistral AI, Mistral Small 3, 2025")),
        Fact(name: "mistral-nemo", billions: 12, source: .maker("Mistral AI, Mistral NeMo, 2024")),
        Fact(name: "open-mistral-nemo", billions: 12, source: .maker("Mistral AI, Mistral NeMo, 2024")),
        Fact(name: "codestral-2405", billions: 22, source: .maker("Mistral AI, Codestral, 2024")),
        Fact(name: "pixtral-large", billions: 124, source: .maker("Mistral AI, Pixtral Large, 2024")),
        Fact(name: "command-r", billions: 35, source: .maker("Model card of c4ai-command-r-v01")),
        Fact(name: "command-r-plus", billions: 104, source: .maker("Model card of c4ai-command-r-plus")),
        Fact(name: "command-a", billions: 111, source: .maker("Model card of c4ai-command-a-03-2025")),
        Fact(name: "command-r7b", billions: 7, source: .maker("Model card of c4ai-command-r7b-12-2024")),
        Fact(name: "grok-1", billions: 314, source: .maker("xAI, Open Release of Grok-1, 2024")),
        Fact(name: "kimi-k2", billions: 1000, source: .maker("Model card of Kimi-K2-Instruct")),
        Fact(name: "glm-4.5", billions: 355, source: .maker("GLM-4.5, 2025")),
        Fact(name: "glm-4.5-air", billions: 106, source: .maker("GLM-4.5, 2025")),
        Fact(name: "minimax-01", billions: 456, source: .maker("MiniMax-01, 2025")),
        Fact(name: "minimax-m1", billions: 456, source: .maker("MiniMax-M1, 2025")),
        Fact(name: "phi-3-mini", billions: thousandths(3800), source: .maker("Phi-3 Technical Report, 2024")),
        Fact(name: "phi-3-small", billions: 7, source: .maker("Phi-3 Technical Report, 2024")),
        Fact(name: "phi-3-medium", billions: 14, source: .maker("Phi-3 Technical Report, 2024")),
        Fact(name: "phi-3.5-mini", billions: thousandths(3800), source: .maker("Model card of Phi-3.5-mini-instruct")),
        Fact(name: "phi-4", billions: 14, source: .maker("Phi-4 Technical Report, 2024")),
        Fact(name: "phi-4-mini", billions: thousandths(3800), source: .maker("Phi-4-Mini Technical Report, 2025")),
        Fact(name: "jamba-1.5-mini", billions: 52, source: .maker("AI21, Jamba-1.5, 2024")),
        Fact(name: "jamba-1.5-large", billions: 398, source: .maker("AI21, Jamba-1.5, 2024")),
        Fact(name: "dbrx", billions: 132, source: .maker("Databricks, Introducing DBRX, 2024")),
        Fact(name: "snowflake-arctic", billions: 480, source: .maker("Snowflake Arctic, 2024")),
        Fact(name: "flux-dev", billions: 12, source: .maker("Model card of FLUX.1-dev")),
        Fact(name: "flux.1-dev", billions: 12, source: .maker("Model card of FLUX.1-dev")),
        Fact(name: "flux.1-schnell", billions: 12, source: .maker("Model card of FLUX.1-schnell")),
    ]

    /// Words that may follow a name without another size being meant.
    private static let fillers: Set<Substring> = [
        "instruct", "chat", "it", "latest", "preview", "exp", "base", "hf", "free", "fp8", "fp16", "bf16", "awq",
        "gptq",
        "128k", "4k", "8k", "32k",
    ]

    private static let byWords = Dictionary(
        facts.map { (words($0.name), $0) },
        uniquingKeysWith: { first, _ in first }
    )

    /// The row of a name, as an id or as people write it.
    static func fact(of name: String) -> Fact? {
        var words = self.words(name)
        while !words.isEmpty {
            if let fact = self.byWords[words] { return fact }
            guard let last = words.last, self.fillers.contains(last) || self.isDate(last) else { return nil }
            words.removeLast()
        }
        return nil
    }

    /// The words of the last part of a name; points stay, because `v3.1` is not `v3`.
    private static func words(_ name: String) -> [Substring] {
        let lastPart = name.split(separator: "/").last ?? Substring(name)
        return Substring(lastPart.lowercased()).split { !($0.isASCII && ($0.isLetter || $0.isNumber || $0 == ".")) }
    }

    /// `0324`, `20241022`, `08`, `2024`: dates, whole or in pieces.
    private static func isDate(_ word: Substring) -> Bool {
        [2, 4, 8].contains(word.count) && word.allSatisfy { ("0"..."9").contains($0) }
    }

    private static func thousandths(_ count: Int) -> Decimal {
        Decimal(sign: .plus, exponent: -3, significand: Decimal(count))
    }
}

extension ModelName {
    /// The size of a model as far as its name tells: spelled in it, else known of models of this name.
    ///
    /// - Parameter name: an id or a display name.
    /// - Returns: the parameters in thousand millions, and whether the maker says so (`curated`) or it is an estimate; nil
    ///   where the name tells nothing.
    package static func size(_ name: String) -> (billions: Decimal, origin: FieldOrigin)? {
        if let spelled = self.sizeB(name) { return (spelled, .estimated) }
        guard let fact = KnownSizes.fact(of: name) else { return nil }
        switch fact.source {
        case .maker: return (fact.billions, .curated)
        case .reports: return (fact.billions, .estimated)
        }
    }
}
