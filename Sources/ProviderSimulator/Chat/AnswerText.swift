import JSON

/// The text of an answer, cut into tokens, ready to stand between the quotes of a JSON string.
///
/// A token is a word with the space before it. Texts longer than what was asked for are cut; shorter ones go on with a
/// sentence that repeats, which costs no memory however long the answer is.
struct AnswerText: Sendable {
    private let escaped: [UInt8]
    private let ends: [Int]

    /// How many tokens there are.
    private(set) var count: Int

    static let empty = AnswerText(count: 0)

    private init(count: Int) {
        self.escaped = []
        self.ends = []
        self.count = count
    }

    /// Cuts a text into tokens.
    ///
    /// - Parameters:
    ///   - text: what is said.
    ///   - tokens: how many tokens there shall be; nil for as many as the text has.
    init(_ text: String, tokens: Int?) {
        var escaped: [UInt8] = []
        escaped.reserveCapacity(text.utf8.count + 16)
        JSONWriter.append(text, to: &escaped)
        escaped.removeLast()
        escaped.removeFirst()
        var ends: [Int] = []
        var place = 1
        while place < escaped.count {
            if escaped[place] == UInt8(ascii: " ") { ends.append(place) }
            place += 1
        }
        if !escaped.isEmpty { ends.append(escaped.count) }
        self.escaped = escaped
        self.ends = ends
        self.count = tokens ?? ends.count
    }

    /// One token.
    subscript(_ place: Int) -> ArraySlice<UInt8> {
        guard place < self.ends.count else {
            return Self.sentence[(place - self.ends.count) % Self.sentence.count][...]
        }
        return self.escaped[(place == 0 ? 0 : self.ends[place - 1])..<self.ends[place]]
    }

    /// The text as far as its first tokens.
    mutating func truncate(to tokens: Int) {
        self.count = min(self.count, max(tokens, 0))
    }

    /// All tokens, one after the other.
    func append(to bytes: inout [UInt8]) {
        let own = min(self.count, self.ends.count)
        if own > 0 { bytes.append(contentsOf: self.escaped[..<self.ends[own - 1]]) }
        for place in own..<self.count { bytes.append(contentsOf: self[place]) }
    }

    private static let sentence: [[UInt8]] =
        " The quick brown fox jumps over the lazy dog, and a model says so again."
        .split(separator: " ").map { Array(" \($0)".utf8) }
}
