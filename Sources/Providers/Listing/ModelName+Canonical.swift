extension ModelName {
    /// The name that offers of one model have in common, whoever makes them: `gpt-4o` for `gpt-4o-2024-08-06` and
    /// `openai/gpt-4o`, `claude-3-5-sonnet` for `claude-3-5-sonnet-20241022` and `anthropic/claude-3.5-sonnet`,
    /// `llama-3-3-70b` for `meta-llama/Llama-3.3-70B-Instruct-Turbo`, `llama-v3p3-70b-instruct` and
    /// `llama-3.3-70b-versatile`.
    ///
    /// It says which model, not which weights, file or price: what is left off is the owner, the day of a snapshot, and what
    /// a host adds for its way of serving (quantisation, speed, price class). Sizes, versions, purposes (`mini`, `coder`,
    /// `thinking`) and the four digits by which makers of open models tell releases apart (`2507`, `0528`) stay.
    ///
    /// - Parameter id: what a provider calls the model.
    /// - Returns: the name, in lower case with hyphens; never empty for an id that is not.
    package static func canonical(_ id: String) -> String {
        var name = Substring(id.lowercased())
        if name.hasPrefix("ft:") { return String(name) }
        if let last = name.split(separator: "/").last { name = last }
        if name.hasPrefix("~") { name = name.dropFirst() }
        name = Self.withoutVariant(name)
        var words = Self.words(of: name)
        Self.dropOwner(&words)
        Self.dropEnd(&words)
        Self.orderClaude(&words)
        let joined = words.joined(separator: "-")
        return joined.isEmpty ? id.lowercased() : joined
    }

    // MARK: What is left off

    /// What aggregators append to an id after a colon to choose a route or a price class.
    private static let variants: Set<Substring> = [
        "free", "beta", "extended", "thinking", "nitro", "floor", "online", "exacto", "latest", "fastest", "cheapest",
        "preferred", "batch", "flex", "priority", "cloud",
    ]

    /// How hosts mark their way of serving a model. Such a word counts only at the end, and after a size or `instruct`, so
    /// that `gpt-3.5-turbo` and `gemini-2.5-flash-lite` keep theirs.
    private static let servings: Set<Substring> = [
        "turbo", "lite", "fast", "reference", "versatile", "instant", "batch", "tput",
    ]

    /// Words that say in which numbers the weights are stored or where they are run.
    private static let formats: Set<Substring> = [
        "fp4", "fp8", "fp16", "bf16", "int4", "int8", "nvfp4", "mxfp4", "awq", "gptq", "gguf", "mlx", "bnb", "tee",
        "maas", "hf", "4bit", "8bit", "dynamic", "latest",
    ]

    /// Words that only say that the model follows instructions, which is what is offered for chat unless `base` says no.
    private static let instructed: Set<Substring> = ["instruct", "it"]

    /// Makers that are put before a model's name with a hyphen.
    private static let owners: Set<Substring> = [
        "meta", "zai", "nvidia", "google", "openai", "anthropic", "mistralai", "microsoft", "ibm", "cohere", "amazon",
        "xai", "moonshotai", "qwen", "alibaba",
    ]

    /// Without `:free`; a size that follows a colon (`qwen3:14b`) is part of the name.
    private static func withoutVariant(_ name: Substring) -> Substring {
        guard let colon = name.lastIndex(of: ":") else { return name }
        let variant = name[name.index(after: colon)...]
        return self.variants.contains(variant) || variant.allSatisfy(\.isNumber) ? name[..<colon] : name
    }

    /// The parts of a name: split at everything that is neither letter nor digit, and between a family and its version
    /// (`qwen3` is `qwen`, `3`; `v3p1` is `v3`, `1`).
    private static func words(of name: Substring) -> [Substring] {
        var words: [Substring] = []
        for word in name.split(whereSeparator: { !($0.isASCII && ($0.isLetter || $0.isNumber)) }) {
            if let family = self.familyNames.first(where: { word.hasPrefix($0) }),
                let next = word.dropFirst(family.count).first, next.isNumber
            {
                words.append(word.prefix(family.count))
                words += Self.split(word.dropFirst(family.count))
            } else {
                words += Self.split(word)
            }
        }
        // `llama-v3-3` and `llama-3-3` are one: the letter goes where a maker has only numbers.
        if words.count > 1, words[0] == "llama", words[1].first == "v", words[1].dropFirst().allSatisfy(\.isNumber) {
            words[1] = words[1].dropFirst()
        }
        return words
    }

    /// `3p1`, `v3p1`, `k2p5`: a point that an id may not hold.
    private static func split(_ word: Substring) -> [Substring] {
        guard let point = word.firstIndex(of: "p"), point > word.startIndex,
            word[word.index(before: point)].isNumber, word.index(after: point) < word.endIndex,
            word[word.index(after: point)...].allSatisfy(\.isNumber)
        else { return [word] }
        return [word[..<point], word[word.index(after: point)...]]
    }

    private static func dropOwner(_ words: inout [Substring]) {
        while words.count > 1, self.owners.contains(words[0]),
            self.familyNames.contains(where: { words[1].hasPrefix($0) })
        {
            words.removeFirst()
        }
    }

    private static func dropEnd(_ words: inout [Substring]) {
        var isChanged = true
        while isChanged, words.count > 1 {
            isChanged = Self.dropDate(&words) || Self.dropMark(&words)
        }
        // `-instruct-2507` and `-2507`: the word goes, the release stays.
        if words.count > 3, let last = words.last, Self.isRelease(last),
            self.instructed.contains(words[words.count - 2])
        {
            words.remove(at: words.count - 2)
        }
    }

    private static func dropMark(_ words: inout [Substring]) -> Bool {
        guard let last = words.last else { return false }
        let before = words[words.count - 2]
        let isServing =
            self.servings.contains(last)
            && (self.instructed.contains(before) || self.formats.contains(before) || Self.isSize(before)
                || Self.isRelease(before))
        let isClaudeVersion = words[0] == "claude" && last.first == "v" && last.dropFirst().allSatisfy(\.isNumber)
        let isGeminiVersion = words[0] == "gemini" && last.count == 3 && last.allSatisfy(\.isNumber)
        let isMark = isServing || isClaudeVersion || isGeminiVersion
        // OpenAI's only model of that name completes and does not chat.
        let isInstructed = self.instructed.contains(last) && words[0] != "gpt"
        guard isMark || isInstructed || self.formats.contains(last) else { return false }
        words.removeLast()
        return true
    }

    /// `2024-08-06`, `20241022`, and the day and month of a preview of Gemini's (`preview-05-20`).
    private static func dropDate(_ words: inout [Substring]) -> Bool {
        guard let last = words.last else { return false }
        if last.count == 8, last.hasPrefix("20"), last.allSatisfy(\.isNumber) {
            words.removeLast()
            return true
        }
        guard words.count > 3 else { return false }
        let tail = words.suffix(3).map(\.count)
        let areNumbers = words.suffix(3).allSatisfy { $0.allSatisfy(\.isNumber) }
        guard areNumbers, tail == [4, 2, 2], words[words.count - 3].hasPrefix("20") else { return false }
        words.removeLast(3)
        return true
    }

    /// `70b`, `8x7b`, `a22b`, `e4b`.
    private static func isSize(_ word: Substring) -> Bool {
        guard word.last == "b", word.count > 1 else { return false }
        return word.dropLast().allSatisfy { $0.isNumber || $0 == "x" || $0 == "a" || $0 == "e" }
            && word.contains(where: \.isNumber)
    }

    /// `2507`, `0528`.
    private static func isRelease(_ word: Substring) -> Bool { word.count == 4 && word.allSatisfy(\.isNumber) }

    /// Since version 4 the tier comes first (`claude-opus-4-1`); some have it the other way round.
    private static func orderClaude(_ words: inout [Substring]) {
        guard words.first == "claude", words.count > 2, let major = Int(words[1]), major >= 4 else { return }
        guard let tier = words.dropFirst().firstIndex(where: { ["opus", "sonnet", "haiku"].contains($0) }) else {
            return
        }
        let name = words.remove(at: tier)
        words.insert(name, at: 1)
    }
}
