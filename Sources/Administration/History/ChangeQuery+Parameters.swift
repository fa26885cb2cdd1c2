import FoundationEssentials
import Registry

extension ChangeQuery {
    /// What a query string may say.
    enum Word: String, CaseIterable {
        case table, id, column, revision, from, to, since, until, actor, limit, cursor
    }

    /// Reads a query string.
    ///
    /// - Parameters:
    ///   - parameters: Names and values, percent-encoding read.
    ///   - words: What may be said.
    /// - Throws: ``RowQueryProblem`` with the parameter that is wrong.
    init(parameters: [(name: String, value: String)], words: [Word] = Word.allCases) throws(RowQueryProblem) {
        self.init()
        var bounds: (lower: Int64, upper: Int64) = (0, .max)
        var seen: Set<Word> = []
        for (name, value) in parameters {
            guard let word = Word(rawValue: name), words.contains(word) else {
                throw RowQueryProblem.unknown(name, known: words.map(\.rawValue))
            }
            guard seen.insert(word).inserted else { throw Self.problem(word, "there once") }
            switch word {
            case .table: self.table = try Self.text(word, value)
            case .id: self.rowID = try Self.number(word, value)
            case .column: self.column = try Self.text(word, value)
            case .revision: bounds = (try Self.number(word, value), try Self.number(word, value))
            case .from: bounds.lower = try Self.number(word, value)
            case .to: bounds.upper = try Self.number(word, value)
            case .since: self.since = try Self.moment(word, value)
            case .until: self.until = try Self.moment(word, value)
            case .actor: self.actor = try Self.text(word, value)
            case .limit:
                guard let limit = Int(value), (1...Self.mostAtOnce).contains(limit) else {
                    throw Self.problem(word, "a whole number from 1 to \(Self.mostAtOnce)")
                }
                self.limit = limit
            case .cursor: self.cursor = try Self.text(word, value)
            }
        }
        guard !seen.isDisjoint(with: [.revision, .from, .to]) else { return }
        guard bounds.lower <= bounds.upper else { throw Self.problem(.from, "at most “to”") }
        self.revisions = bounds.lower...bounds.upper
    }

    private static func text(_ word: Word, _ value: String) throws(RowQueryProblem) -> String {
        guard (1...500).contains(value.utf8.count), !value.utf8.contains(0) else {
            throw Self.problem(word, "a text of 1 to 500 bytes")
        }
        return value
    }

    private static func number(_ word: Word, _ value: String) throws(RowQueryProblem) -> Int64 {
        guard let number = Int64(value), number >= 0 else { throw Self.problem(word, "a whole number from 0") }
        return number
    }

    private static func moment(_ word: Word, _ value: String) throws(RowQueryProblem) -> Date {
        guard case .time(let moment)? = RevisionPoint(value) else {
            throw Self.problem(word, "a moment or a day, as in 2026-11-21T08:00:00Z or 2026-11-21")
        }
        return moment
    }

    private static func problem(_ word: Word, _ expected: String) -> RowQueryProblem {
        RowQueryProblem(word.rawValue, "“\(word.rawValue)” must be \(expected).")
    }
}
