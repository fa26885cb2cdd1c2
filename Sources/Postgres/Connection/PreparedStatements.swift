/// The statements that one connection keeps prepared, the least recently used making room. A value; its connection owns it.
struct PreparedStatements {
    struct Entry {
        let name: String
        var columns: ResultColumns?
        fileprivate var lastUse: UInt64
    }

    enum Lookup {
        case prepared(name: String)
        /// It has to be prepared under the name, after the other one was dropped.
        case new(name: String, evicting: String?)
    }

    private let limit: Int
    private var entries: [Request.Key: Entry] = [:]
    private var uses: UInt64 = 0
    private var names: UInt64 = 0

    init(limit: Int) {
        self.limit = limit
    }

    mutating func use(_ key: Request.Key) -> Lookup {
        self.uses += 1
        if let name = self.entries[key]?.name {
            self.entries[key]?.lastUse = self.uses
            return .prepared(name: name)
        }
        var evicted: String?
        if self.entries.count >= self.limit, let oldest = self.entries.min(by: { $0.value.lastUse < $1.value.lastUse })
        {
            evicted = oldest.value.name
            self.entries[oldest.key] = nil
        }
        // Never a name twice: a statement under way may still mean the old one.
        self.names += 1
        let name = "s\(self.names)"
        self.entries[key] = Entry(name: name, columns: nil, lastUse: self.uses)
        return .new(name: name, evicting: evicted)
    }

    func columns(of key: Request.Key, named name: String) -> ResultColumns? {
        guard let entry = self.entries[key], entry.name == name else { return nil }
        return entry.columns
    }

    mutating func remember(_ columns: ResultColumns, of key: Request.Key, named name: String) {
        guard self.entries[key]?.name == name else { return }
        self.entries[key]?.columns = columns
    }

    /// Forgets one that the server does not have, unless the text has been prepared anew meanwhile.
    ///
    /// - Returns: Whether it was known until now.
    mutating func forget(_ key: Request.Key, named name: String) -> Bool {
        guard self.entries[key]?.name == name else { return false }
        self.entries[key] = nil
        return true
    }

    mutating func forgetAll() {
        self.entries.removeAll()
    }
}
