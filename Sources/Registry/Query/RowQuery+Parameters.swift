extension RowQuery {
    /// Names of a query string that are no columns.
    package enum Word: String, Sendable, CaseIterable {
        case search = "q"
        case sort
        case fields
        case limit
        case cursor
        case revision
        case asOf = "as_of"
    }

    /// Reads a query string: `provider=openai&pricing_prompt.lte=0.000001&sort=-context_length,model_name&limit=50`.
    ///
    /// - Parameters:
    ///   - table: The table.
    ///   - parameters: Names and values, percent-encoding read.
    /// - Throws: What is wrong, in words, with the parameter.
    package init(
        _ table: RegistryTable,
        parameters: [(name: String, value: String)]
    ) throws(RowQueryProblem) {
        self.init(table)
        var seen: Set<Word> = []
        for (name, value) in parameters {
            guard let word = Word(rawValue: name) else {
                try self.filter(name, value)
                continue
            }
            guard seen.insert(word).inserted else {
                throw RowQueryProblem(name, "“\(name)” is there twice. Send it once.")
            }
            try self.take(word, value)
        }
    }

    private mutating func take(_ word: Word, _ value: String) throws(RowQueryProblem) {
        switch word {
        case .search:
            let words = value.split(whereSeparator: \.isWhitespace)
            guard words.count <= Self.mostWords, !value.utf8.contains(0) else {
                throw RowQueryProblem(word.rawValue, "“q” must be at most \(Self.mostWords) words.")
            }
            self.search = words.joined(separator: " ")
        case .sort:
            self.order = try self.orders(value)
        case .fields:
            var fields: [Column] = []
            for name in value.split(separator: ",") {
                let column = try Self.column(String(name), of: self.table, parameter: word.rawValue)
                if !fields.contains(column) { fields.append(column) }
            }
            guard !fields.isEmpty else {
                throw RowQueryProblem(word.rawValue, "“fields” must name at least one column, as in fields=id,name.")
            }
            self.fields = fields
        case .limit:
            guard let limit = Int(value), (1...Self.largestPage).contains(limit) else {
                throw RowQueryProblem(
                    word.rawValue,
                    "“limit” must be a whole number from 1 to \(Self.largestPage), and it is “\(value.prefix(40))”."
                )
            }
            self.limit = limit
        case .cursor:
            self.cursor = value
        case .revision, .asOf:
            guard self.asOf == nil else {
                throw RowQueryProblem(word.rawValue, "“revision” and “as_of” both say when. Send one of them.")
            }
            self.asOf = try Self.point(word, value)
        }
    }

    /// The state that `revision` or `as_of` names.
    ///
    /// - Parameters:
    ///   - word: Which of the two.
    ///   - value: What it says.
    /// - Returns: The point.
    /// - Throws: A refusal that says how to write it.
    package static func point(_ word: Word, _ value: String) throws(RowQueryProblem) -> RevisionPoint {
        switch (word, RevisionPoint(value)) {
        case (.revision, .revision(let revision)?): return .revision(revision)
        case (.asOf, .time(let moment)?): return .time(moment)
        case (.revision, _):
            throw RowQueryProblem(
                word.rawValue,
                "“revision” must be the number of a revision, and it is “\(value.prefix(40))”."
            )
        default:
            throw RowQueryProblem(
                word.rawValue,
                "“\(word.rawValue)” must be a moment or a day, as in 2026-11-21T08:00:00Z or 2026-11-21, and it is "
                    + "“\(value.prefix(40))”."
            )
        }
    }

    private func orders(_ text: String) throws(RowQueryProblem) -> [Order] {
        var orders: [Order] = []
        for part in text.split(separator: ",") {
            let isDescending = part.hasPrefix("-")
            let name = String(isDescending || part.hasPrefix("+") ? part.dropFirst() : part)
            let column = try Self.column(name, of: self.table, parameter: Word.sort.rawValue)
            guard column.isSortable else {
                throw RowQueryProblem(
                    Word.sort.rawValue,
                    "\(column.title) has no order, so rows cannot be sorted by “\(name)”."
                )
            }
            guard !orders.contains(where: { $0.column == column }) else {
                throw RowQueryProblem(Word.sort.rawValue, "“sort” names “\(name)” twice.")
            }
            orders.append(Order(column, isDescending: isDescending))
        }
        guard (1...Self.mostOrders).contains(orders.count) else {
            throw RowQueryProblem(
                Word.sort.rawValue,
                "“sort” must name 1 to \(Self.mostOrders) columns, as in sort=-pricing_prompt,model_name."
            )
        }
        return orders
    }

    private mutating func filter(_ name: String, _ value: String) throws(RowQueryProblem) {
        let parts = name.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let column = try Self.column(String(parts.first ?? ""), of: self.table, parameter: name)
        let word = parts.count == 2 ? String(parts[1]) : ""
        guard let comparison = RowFilter.Comparison(rawValue: word), parts.count == 1 || !word.isEmpty else {
            let known = RowFilter.comparisons(of: column.type).filter { $0 != .equal }.map(\.rawValue)
            throw RowQueryProblem(
                .unknownParameter,
                Self.shortened(name),
                "There is no comparison “\(word.prefix(40))”. After \(column.name). may stand "
                    + "\(known.joined(separator: ", "))."
            )
        }
        guard self.filters.count < Self.mostFilters else {
            throw RowQueryProblem(name, "A query has at most \(Self.mostFilters) conditions.")
        }
        self.filters.append(try RowFilter(column, comparison, value, parameter: name))
    }

    /// The column of a name.
    ///
    /// - Parameters:
    ///   - name: The name.
    ///   - table: The table.
    ///   - parameter: What is refused if there is no such column.
    /// - Returns: The column.
    /// - Throws: A refusal that names the nearest column there is.
    package static func column(
        _ name: String,
        of table: RegistryTable,
        parameter: String
    ) throws(RowQueryProblem) -> Column {
        if let column = table.column(name) { return column }
        let nearest = NearestName.of(String(name.prefix(100)), among: table.columns.map(\.name))
        throw RowQueryProblem(
            .unknownColumn,
            Self.shortened(parameter),
            "There is no column “\(name.prefix(80))” in \(table.name)\(nearest.map { "; did you mean “\($0)”?" } ?? ".")"
        )
    }

    private static func shortened(_ parameter: String) -> String { String(parameter.prefix(100)) }
}
